/** The page before anything is known of a run; `main.mts` fills it. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>Run</title>
<link rel="stylesheet" href="/style.css">
<script src="/echarts.js" defer></script>
<script src="/main.mjs" type="module"></script>
</head>
<body>
<header>
  <h1 id="name">Run</h1>
  <p id="status" class="status" role="status"></p>
  <p id="connection" class="connection" role="status">Connecting …</p>
</header>
<main>
  <noscript><p class="notice">This page needs JavaScript. The same numbers are at <a href="/state">/state</a>.</p></noscript>
  <p id="problem" class="notice" role="alert" hidden></p>
  <section aria-label="Progress" class="card" id="progress">
    <div class="bar"><div id="bar" role="progressbar" aria-label="Steps of the run" aria-valuemin="0" aria-valuemax="100"></div></div>
    <dl id="place" class="tiles"></dl>
  </section>
  <section aria-label="Latest numbers" class="card"><dl id="numbers" class="tiles"></dl></section>
  <section aria-labelledby="curves-title">
    <div class="title">
      <h2 id="curves-title">Curves</h2>
      <fieldset id="axis">
        <legend>Horizontal axis</legend>
        <label><input type="radio" name="axis" value="step" checked> steps</label>
        <label><input type="radio" name="axis" value="epoch"> epochs</label>
      </fieldset>
    </div>
    <p id="no-curves" class="empty">The curves begin with the first step.</p>
    <div id="charts" class="charts"></div>
  </section>
  <section id="validation" aria-label="Validation" hidden>
    <h2>Samples</h2>
    <p id="samples-note" class="note"></p>
    <ul id="samples" class="images"></ul>
    <h2>Worst mistakes</h2>
    <p id="mistakes-note" class="note"></p>
    <ul id="mistakes" class="images"></ul>
    <h2>Confusion matrix</h2>
    <p id="confusion-note" class="note"></p>
    <div id="confusion" class="scroll" tabindex="0" role="region" aria-label="Confusion matrix"></div>
  </section>
  <section id="settings-section" aria-labelledby="settings-title" hidden>
    <h2 id="settings-title">Settings</h2>
    <div id="settings" class="settings"></div>
  </section>
</main>
</body>
</html>
`;
