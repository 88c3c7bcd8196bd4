"""The look of the report page: one style sheet, system fonts, light and dark."""

__all__ = ["STYLE"]

STYLE = """
:root{--paper:#f6f3ec;--card:#fffdf8;--ink:#22272b;--soft:#6a6f73;--line:#e4ded1;--articles:#1f7a6d;--duplicates:#b9822b;
--dead_letters:#b23a48;--filtered:#66758c;--tags:#7a5c9e;--good:#1f7a6d;--bad:#b23a48;--warn:#8a6116}
@media(prefers-color-scheme:dark){:root{--paper:#15191c;--card:#1d2327;--ink:#e9e5da;--soft:#9aa2a6;--line:#2f373c;--articles:#4fb8a6;
--duplicates:#dba757;--dead_letters:#e8717f;--filtered:#96a6be;--tags:#b096d6;--good:#4fb8a6;--bad:#e8717f;--warn:#dba757}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);line-height:1.5;
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans Arabic","Geeza Pro","Noto Naskh Arabic",sans-serif}
header,main,footer{max-width:68rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2rem}
.brand{display:flex;flex-wrap:wrap;align-items:center;gap:.4rem 1rem}
.mark{font:700 1.9rem/1.6 "Noto Naskh Arabic","Amiri","Geeza Pro","Traditional Arabic",serif;color:var(--articles)}
h1{font-size:1.35rem;font-weight:650;margin:0}
h1 small{font-weight:400;color:var(--soft);font-size:1rem;margin-inline-start:.35rem}
.badge{font-size:.8rem;font-weight:600;padding:.15rem .65rem;border-radius:1rem;color:var(--card)}
.badge.good{background:var(--good)}.badge.bad{background:var(--bad)}
.meta{color:var(--soft);margin:.35rem 0 1.1rem;font-size:.9rem;overflow-wrap:anywhere}
.alert{border-inline-start:4px solid;background:var(--card);padding:.7rem 1rem;border-radius:.4rem;margin:0 0 .8rem;overflow-wrap:anywhere}
.alert.bad{border-color:var(--bad)}.alert.warn{border-color:var(--warn)}
main{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:1rem}
.card,.flow,.figures{background:var(--card);border:1px solid var(--line);border-radius:.8rem;padding:1.1rem 1.25rem;min-width:0}
.flow,.figures,.wide{grid-column:1/-1}
h2{font-size:1.02rem;margin:0 0 .6rem;font-weight:650}
.remark{margin:-.35rem 0 .7rem;color:var(--soft);font-size:.86rem}
.verdict{display:flex;align-items:center;gap:.7rem;font-size:1.05rem;font-weight:600;margin:0 0 1rem}
.sign{flex:none;display:grid;place-items:center;width:2.3rem;height:2.3rem;border-radius:50%;color:var(--card);font-size:1.3rem}
.good>.verdict .sign{background:var(--good)}.bad>.verdict .sign{background:var(--bad)}.bad>.verdict{color:var(--bad)}
.equation,.doors{display:flex;align-items:center;gap:.5rem}
.doors{flex:1}
.door{flex:1 1 0;min-width:0;padding:.65rem .8rem;border-radius:.6rem;border-block-start:4px solid var(--c,var(--soft));
background:color-mix(in srgb,var(--c,var(--soft)) 9%,transparent);display:flex;flex-direction:column;align-self:stretch}
.door.in{flex:0 1 9.5rem}
.door b{font-size:1.6rem;line-height:1.2;font-variant-numeric:tabular-nums;font-weight:700}
.door span{font-weight:600;font-size:.92rem}.door em{font-style:normal;font-size:.86rem}
.door i{font-style:normal;color:var(--soft);font-size:.78rem;line-height:1.35;margin-top:.25rem}
.op{font-size:1.5rem;color:var(--soft);font-weight:300}.op:empty{display:none}.op.eq{font-size:2rem}
.bad .op.eq{color:var(--bad);font-weight:700}
.articles{--c:var(--articles)}.duplicates{--c:var(--duplicates)}.dead_letters{--c:var(--dead_letters)}.filtered{--c:var(--filtered)}
.stack{display:flex;gap:2px;height:.7rem;margin-top:1rem;border-radius:.35rem;overflow:hidden}
.stack span{background:var(--c);min-width:3px}
.figures{display:grid;grid-template-columns:repeat(6,1fr);padding:.9rem 0}
.figures div{padding:0 1.1rem;border-inline-start:1px solid var(--line);display:flex;flex-direction:column}
.figures div:first-child{border:0}
.figures b{font-size:1.2rem;font-variant-numeric:tabular-nums}.figures span{color:var(--soft);font-size:.82rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th{text-align:start;color:var(--soft);font-weight:500;font-size:.8rem;padding:.2rem .9rem .3rem 0;border-bottom:1px solid var(--line);white-space:nowrap}
td{padding:.38rem .9rem .38rem 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border:0}
.n{text-align:end;font-variant-numeric:tabular-nums;white-space:nowrap}
th:last-child,td:last-child{padding-inline-end:0}
.dot{display:inline-block;width:.7rem;height:.7rem;border-radius:50%;background:var(--c);margin-inline-end:.5rem}
td:first-child{white-space:nowrap}
code{font:.86em ui-monospace,"SF Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
.yes{color:var(--good);font-weight:700}.no{color:var(--bad);font-weight:700}
.bars{list-style:none;margin:0;padding:0}
.bars li{display:grid;grid-template-columns:minmax(0,1fr) auto 4rem;column-gap:.6rem;align-items:baseline;padding:.28rem 0;font-size:.93rem}
.label{overflow-wrap:anywhere}.name{font-size:1.06em}
.kind{color:var(--soft);font-size:.78rem;margin-inline-start:.3rem}
.value,.share{font-variant-numeric:tabular-nums;text-align:end}.value{font-weight:600}.share{color:var(--soft);font-size:.84rem}
.bar{grid-column:1/-1;height:5px;border-radius:3px;background:linear-gradient(var(--c),var(--c)) 0/var(--w) 100% no-repeat var(--line);margin-top:.15rem}
.days{width:100%;height:9rem;display:block;border-bottom:1px solid var(--line)}
.days rect{fill:var(--articles)}.days rect:hover{fill:var(--tags)}
.axis{display:flex;justify-content:space-between;color:var(--soft);font-size:.82rem;margin:.3rem 0 0;font-variant-numeric:tabular-nums}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.4rem 1.2rem;margin:0;font-size:.92rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
footer{color:var(--soft);font-size:.82rem;padding-block:1.4rem 2.5rem}
@media(max-width:46rem){
header,main,footer{padding-inline:.8rem}header{padding-top:1.1rem}
main{grid-template-columns:minmax(0,1fr);gap:.8rem}
.card,.flow{padding:.95rem .9rem}
.equation{flex-direction:column;align-items:stretch;gap:.2rem}
.doors{display:grid;grid-template-columns:1fr 1fr;gap:.5rem}.doors .op{display:none}
.door.in{flex:none}.op.eq{text-align:center;line-height:1.2}
.door b{font-size:1.35rem}
.figures{grid-template-columns:repeat(3,1fr);row-gap:.8rem}.figures div{padding:0 .8rem}.figures div:nth-child(4){border:0}
.reasons thead{display:none}
.reasons tr{display:grid;grid-template-columns:auto minmax(0,1fr) auto 4rem;gap:0 .6rem;padding:.45rem 0;border-bottom:1px solid var(--line)}
.reasons td{border:0;padding:0}.reasons td:last-child{grid-column:1/-1;color:var(--soft);font-size:.86rem}
.reasons tr:last-child{border:0}
th,td{padding-inline-end:.6rem}
dl{grid-template-columns:minmax(0,1fr);gap:.1rem}dd{margin-bottom:.5rem}
}
@media print{body{background:#fff}.card,.flow,.figures{break-inside:avoid}}
"""
