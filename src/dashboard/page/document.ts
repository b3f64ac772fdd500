/** The page without a run; `main.mts` fills it. */
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
  <noscript><p class="notice">This page needs JavaScript. The same data is at <a href="/state">/state</a>.</p></noscript>
  <p id="problem" class="notice" role="alert" hidden></p>
  <section aria-label="Progress" class="card" id="progress">
    <div class="bar"><div id="bar" role="progressbar" aria-label="Steps of the run" aria-valuemin="0" aria-valuemax="100"></div></div>
    <dl id="position" class="tiles"></dl>
  </section>
  <section aria-label="Latest metrics" class="card"><dl id="metrics" class="tiles"></dl></section>
  <section aria-labelledby="curves-title">
    <div class="title">
      <h2 id="curves-title">Curves</h2>
      <div class="choices">
        <fieldset id="axis">
          <legend>Horizontal axis</legend>
          <label><input type="radio" name="axis" value="step" checked> steps</label>
          <label><input type="radio" name="axis" value="epoch"> epochs</label>
        </fieldset>
        <label><input type="checkbox" id="log-scale"> log scale for losses and norms</label>
      </div>
    </div>
    <p id="no-curves" class="empty">The curves begin with the first step.</p>
    <div id="charts" class="charts"></div>
  </section>
  <p id="no-validation" class="empty" hidden></p>
  <div id="validation" hidden>
    <section aria-labelledby="samples-title">
      <h2 id="samples-title">Sample predictions</h2>
      <p id="samples-caption" class="caption"></p>
      <ul id="samples" class="images"></ul>
    </section>
    <section aria-labelledby="mistakes-title">
      <h2 id="mistakes-title">Worst mistakes</h2>
      <p id="mistakes-caption" class="caption"></p>
      <ul id="mistakes" class="images"></ul>
    </section>
    <div class="tables">
      <section aria-labelledby="pairs-title">
        <h2 id="pairs-title">Most confused classes</h2>
        <p id="pairs-caption" class="caption"></p>
        <div id="pairs"></div>
      </section>
      <section aria-labelledby="class-metrics-title">
        <h2 id="class-metrics-title">Precision, recall and F1 of each class</h2>
        <p id="class-metrics-caption" class="caption"></p>
        <div id="class-metrics"></div>
      </section>
    </div>
    <details id="matrix">
      <summary>Full confusion matrix</summary>
      <p class="caption">Rows are true classes, columns are predicted classes, numbers count images. The shade is the share of the row; correct predictions have an outline.</p>
      <div id="confusion" class="scroll" tabindex="0" role="region" aria-label="Confusion matrix"></div>
    </details>
  </div>
  <section id="settings-section" aria-labelledby="settings-title" hidden>
    <h2 id="settings-title">Settings</h2>
    <div id="settings" class="settings"></div>
  </section>
</main>
</body>
</html>
`;
