/** A page in one file: no script, and nothing from elsewhere. */
import { type Html, html } from './html.js';
import { colorDeclarations } from './palette.js';

/** Of what a name in a run might smuggle in, a browser would run and load nothing. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

export const page = (title: string, body: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${STYLE}
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`.text;

const STYLE = html`<style>
:root{${colorDeclarations('light')}}
@media (prefers-color-scheme:dark){:root{${colorDeclarations('dark')}}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,"DejaVu Sans",Verdana,sans-serif}
main{max-width:1120px;margin:0 auto;padding:20px 16px 60px}
h1,h2,h3{color:var(--title);line-height:1.25;overflow-wrap:anywhere}
h1{margin:8px 0 4px;font-size:26px}
h2{margin:44px 0 10px;font-size:20px;border-bottom:1px solid var(--grid);padding-bottom:6px}
h3{margin:0;font-size:15px}
p{margin:6px 0}
.muted,figcaption{color:var(--muted);font-size:13px}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin:18px 0}
.facts div{background:var(--panel);border-radius:8px;padding:10px 14px}
.facts b{display:block;color:var(--title);font-size:20px}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:28px 24px}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:12px 32px;align-items:start}
figure{margin:0;min-width:0}
.chart>svg{display:block;width:100%;height:auto}
.key{list-style:none;display:flex;flex-wrap:wrap;gap:2px 16px;margin:4px 0 6px;padding:0;font-size:13px}
.key li{display:flex;align-items:center;gap:6px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:14px;width:100%}
th,td{text-align:left;vertical-align:top;padding:4px 12px 4px 0;border-bottom:1px solid var(--grid);overflow-wrap:anywhere}
th{color:var(--muted);font-weight:600}
.scroll+h3{margin-top:22px}
.narrow{max-width:760px}
.numbers td:not(:first-child),.numbers th:not(:first-child){text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.values td:not(:first-child),.values th:not(:first-child){text-align:right;min-width:110px}
.values td:first-child{white-space:nowrap}
.bars{display:grid;grid-template-columns:minmax(80px,auto) minmax(60px,1fr) auto;gap:3px 10px;align-items:center;font-size:13px}
.bars div{background:var(--panel);height:14px}
.bars i{display:block;height:14px;background:var(--blue)}
.images{display:grid;grid-template-columns:repeat(auto-fill,minmax(136px,1fr));gap:14px}
.images figure{background:var(--panel);border-radius:8px;padding:8px;font-size:13px;overflow-wrap:anywhere}
.images img{display:block;width:100%;aspect-ratio:1;object-fit:contain;margin-bottom:6px}
.whole{white-space:nowrap}
.wrong{color:var(--vermilion);font-weight:600}
.right{color:var(--blue);font-weight:600}
</style>`;
