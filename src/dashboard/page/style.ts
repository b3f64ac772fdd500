/** The style sheet. Readers with any color vision tell the colors apart, and no information is in a color alone. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --back: #f5f6f8; --card: #ffffff; --text: #1d2129; --soft: #5c6470; --line: #dfe3e8;
  --train: #0068a8; --validation: #c04f00; --aux1: #007a5a; --aux2: #a8457f; --other: #5b50b5;
  --good: #00704f; --bad: #b3261e; --notice: #fff3d6; --fill: 0, 104, 168;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14171c; --card: #1d2128; --text: #e7eaee; --soft: #a0a8b4; --line: #353b45;
    --train: #62b5ee; --validation: #f29a55; --aux1: #45c79d; --aux2: #e58fc0; --other: #a89ff2;
    --good: #58cda4; --bad: #ff9a8f; --notice: #3d3216; --fill: 98, 181, 238;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0; background: var(--back); color: var(--text);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
}
header, main { max-width: 1240px; margin: 0 auto; padding: 0 20px; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 14px; padding-top: 18px; padding-bottom: 6px; }
h1 { font-size: 22px; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 26px 0 10px; }
.status { margin: 0; padding: 2px 11px; border: 1px solid currentcolor; border-radius: 99px; font-size: 13px; font-weight: 600; }
.status:empty { display: none; }
.status.completed { color: var(--good); }
.status.running { color: var(--train); }
.status.interrupted { color: var(--validation); }
.status.failed { color: var(--bad); }
.connection { margin: 0 0 0 auto; color: var(--soft); font-size: 13px; }
.connection.lost { position: fixed; top: 12px; right: 20px; z-index: 1; width: auto; color: var(--text); background: var(--notice); border: 1px solid currentcolor; padding: 4px 12px; border-radius: 8px; font-weight: 600; }
.notice { background: var(--notice); padding: 10px 14px; border-radius: 8px; margin: 10px 0; overflow-wrap: anywhere; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 18px; margin-top: 12px; }
.bar { height: 12px; border-radius: 6px; background: var(--line); overflow: hidden; }
.bar > div { height: 100%; width: 0; background: var(--train); border-radius: 6px; transition: width 0.3s; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(138px, 1fr)); gap: 14px 18px; margin: 0; }
.bar + .tiles { margin-top: 14px; }
.tiles dt { color: var(--soft); font-size: 13px; }
.tiles dd { margin: 0; font-size: 20px; font-weight: 600; font-variant-numeric: tabular-nums; }
.tiles dd small, .tiles dt { overflow-wrap: anywhere; }
.tiles dd small { display: block; font-size: 13px; font-weight: 400; color: var(--soft); }
.title { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0 20px; }
.choices { display: flex; flex-wrap: wrap; gap: 4px 28px; margin-bottom: 8px; font-size: 14px; color: var(--soft); }
fieldset { border: 0; margin: 0; padding: 0; display: flex; gap: 14px; }
legend { float: left; margin-right: 14px; padding: 0; }
label { cursor: pointer; }
label input { margin: 0 4px 0 0; }
.empty, .caption { color: var(--soft); margin: 0 0 10px; font-size: 14px; }
.empty { margin-top: 26px; }
.title + .empty { margin-top: 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 12px; }
.chart { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 12px 4px; margin: 0; min-width: 0; }
.chart figcaption { font-weight: 600; padding-left: 6px; }
.chart .canvas { height: 290px; }
.images { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(164px, 1fr)); gap: 12px; }
.images li { background: var(--card); border: 2px solid var(--line); border-radius: 10px; overflow: hidden; font-size: 13px; }
.images li.incorrect { border-style: dashed; border-color: var(--bad); }
.images img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: var(--back); }
.images div { padding: 7px 10px 9px; overflow-wrap: anywhere; }
.images .verdict { font-weight: 600; margin: 0; }
.images .correct .verdict { color: var(--good); }
.images .incorrect .verdict { color: var(--bad); }
.images p { margin: 0; }
.images .prediction { display: flex; justify-content: space-between; gap: 8px; }
.images .prediction span + span { white-space: nowrap; font-variant-numeric: tabular-nums; }
.images .file { color: var(--soft); font-size: 12px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.tables { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 0 24px; align-items: start; }
.numbers { width: 100%; border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
.numbers th, .numbers td { padding: 5px 0 5px 14px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
.numbers th { font-weight: 400; }
.numbers thead th { color: var(--soft); font-size: 13px; vertical-align: bottom; white-space: normal; }
.numbers th:first-child { text-align: left; padding-left: 0; white-space: normal; overflow-wrap: anywhere; }
details { margin-top: 22px; }
summary { cursor: pointer; font-weight: 600; margin-bottom: 8px; }
.scroll { overflow: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px; max-height: 90vh; }
.confusion { border-collapse: separate; border-spacing: 2px; font-size: 13px; font-variant-numeric: tabular-nums; }
.confusion th { font-weight: 400; color: var(--soft); }
.confusion th[scope="row"] { text-align: right; padding: 0 8px 0 4px; position: sticky; left: -12px; background: var(--card); max-width: 190px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.confusion th[scope="col"] { vertical-align: bottom; height: 110px; }
.confusion th[scope="col"] span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 110px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.confusion td { min-width: 36px; height: 32px; text-align: center; border-radius: 4px; background: rgba(var(--fill), var(--share, 0)); }
.confusion td.correct { outline: 1px solid var(--soft); outline-offset: -1px; font-weight: 600; }
.confusion td.strong { color: var(--card); }
.settings { display: grid; gap: 12px; padding-bottom: 40px; }
.settings .card { margin: 0; }
.settings h3 { font-size: 14px; margin: 0 0 6px; }
.values { margin: 0; columns: 340px 3; column-gap: 40px; font-size: 14px; }
.values div { display: grid; grid-template-columns: minmax(120px, 2fr) 3fr; gap: 12px; padding: 3px 0; break-inside: avoid; }
.values dt { color: var(--soft); overflow-wrap: anywhere; }
.values dd { margin: 0; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--train); outline-offset: 2px; }
@media (max-width: 600px) {
  header, main { padding-left: 12px; padding-right: 12px; }
  .connection { margin-left: 0; width: 100%; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 10px 14px; }
  .tiles dd { font-size: 17px; }
  .card { padding: 12px 14px; }
  .chart .canvas { height: 250px; }
  .images { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; }
  .numbers th, .numbers td { padding-left: 8px; }
  .images div { padding: 5px 7px 7px; }
}
@media (prefers-reduced-motion: reduce) { .bar > div { transition: none; } }
`;
