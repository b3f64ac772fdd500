/** The style sheet of report pages. */
import { html } from './html.js';
import { colorDeclarations } from './palette.js';

export const STYLE = html`<style>
:root{${colorDeclarations('light')}}
@media (prefers-color-scheme:dark){:root{${colorDeclarations('dark')}}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,"DejaVu Sans",Verdana,sans-serif}
main{max-width:1120px;margin:0 auto;padding:20px 16px 60px}
h1,h2,h3{color:var(--title);line-height:1.25;overflow-wrap:anywhere}
h1{margin:8px 0 4px;font-size:26px}
h2{margin:44px 0 12px;font-size:20px;border-bottom:1px solid var(--grid);padding-bottom:6px}
h3{margin:0;font-size:15px}
p{margin:6px 0;max-width:120ch}
.muted,figcaption{color:var(--muted);font-size:13px}
.facts{display:flex;flex-wrap:wrap;gap:10px;margin:18px 0}
.facts div{flex:1 1 150px;max-width:240px;background:var(--panel);border-radius:8px;padding:10px 14px}
.facts dt{color:var(--muted);font-size:13px}
.facts dd{margin:0;color:var(--title);font-size:20px;font-weight:600;font-variant-numeric:tabular-nums}
.facts small{display:block;color:var(--muted);font-size:13px;font-weight:400}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:32px 28px}
.settings{columns:320px 3;column-gap:40px;margin:4px 0 22px;font-size:14px}
.settings div{display:grid;grid-template-columns:minmax(120px,2fr) 3fr;gap:12px;padding:4px 0;border-bottom:1px solid var(--grid);break-inside:avoid}
.settings dt{color:var(--muted);overflow-wrap:anywhere}
.settings dd{margin:0;overflow-wrap:anywhere}
figure{margin:0;min-width:0}
.chart{display:flex;flex-direction:column}
.chart figcaption p{margin:2px 0}
.chart>svg{display:block;width:100%;height:auto;margin-top:auto}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 16px;margin:4px 0 8px;padding:0;font-size:13px}
.legend li{display:flex;align-items:center;gap:6px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:14px;width:100%}
th,td{text-align:left;vertical-align:top;padding:5px 16px 5px 0;border-bottom:1px solid var(--grid);overflow-wrap:anywhere;font-weight:400}
th:last-child,td:last-child{padding-right:0}
thead th{color:var(--muted);font-size:13px;vertical-align:bottom;overflow-wrap:normal}
.narrow{max-width:760px}
.numbers td,.numbers thead th:not(:first-child){text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.values td,.values thead th{text-align:right;min-width:110px}
.values tbody th{white-space:nowrap;position:sticky;left:0;background:var(--paper)}
.bar{display:inline-block;vertical-align:-1px;width:min(18vw,160px);height:12px;margin-right:10px;background:var(--grid)}
.percent{display:inline-block;min-width:4em}
.bar i{display:block;height:100%;background:var(--blue)}
details{margin:18px 0}
summary{cursor:pointer;font-weight:600;color:var(--title)}
summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--blue);outline-offset:2px}
.images{display:grid;grid-template-columns:repeat(auto-fill,minmax(156px,1fr));gap:14px}
.images figure{background:var(--panel);border-radius:8px;padding:8px;overflow-wrap:anywhere}
.images figcaption{color:var(--ink);line-height:1.4}
.images img{display:block;width:100%;aspect-ratio:1;object-fit:contain;margin-bottom:6px}
.images .file{color:var(--muted);font-size:12px}
.prediction{display:flex;justify-content:space-between;gap:6px}
.prediction span+span{white-space:nowrap;font-variant-numeric:tabular-nums}
.correct,.incorrect{font-weight:600}
.correct{color:var(--blue)}
.incorrect{color:var(--incorrect)}
@media (max-width:600px){
h2{margin-top:34px}
.images{grid-template-columns:repeat(2,minmax(0,1fr));gap:10px}
th,td{padding-right:10px}
.bar{display:none}
}
@media print{details::details-content{content-visibility:visible}.images figure{break-inside:avoid}}
</style>`;
