"""The look of a report: one style sheet, light, dark and printed, with no font or file from elsewhere."""

CSS = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1b2430; --muted: #586474; --line: #d7dde4;
  --panel: #f4f6f8; --accent: #0a6296; --second: #b3480a; --good: #1c6e43; --good-panel: #e6f4ec;
  --warn: #7a4b00; --warn-panel: #fff3da; --bad: #a3291c; --bad-panel: #fdebe8; --cell: 10, 98, 150; }
@media screen and (prefers-color-scheme: dark) { :root { --paper: #12171d; --ink: #e5eaf0; --muted: #a3afbd;
  --line: #364150; --panel: #1b222b; --accent: #6cbcec; --second: #f0a15e; --good: #7fd3a2; --good-panel: #14301f;
  --warn: #f3c766; --warn-panel: #352a10; --bad: #ff9a8c; --bad-panel: #3b1a16; --cell: 108, 188, 236; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main, header, footer { max-width: 60rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 2.5rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .5rem; padding-top: .9rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.3rem 0 .4rem; overflow-wrap: anywhere; }
p { margin: .5rem 0; max-width: 46rem; }
.muted, figcaption, caption, .note { color: var(--muted); font-size: .9rem; }
caption { text-align: left; padding-bottom: .4rem; }
.verdict { border-left: 5px solid var(--accent); background: var(--panel); padding: .8rem 1.1rem; margin: 1.2rem 0;
  border-radius: 0 .5rem .5rem 0; font-size: 1.06rem; max-width: none; }
.verdict.good { border-color: var(--good); background: var(--good-panel); }
.verdict.unclear { border-color: var(--warn); background: var(--warn-panel); }
.verdict.bad { border-color: var(--bad); background: var(--bad-panel); }
.warnings { border: 1px solid var(--warn); background: var(--warn-panel); border-radius: .5rem;
  padding: .7rem 1.1rem; margin: 1.2rem 0; }
.warnings h2 { border: 0; margin: 0; padding: 0; font-size: 1.02rem; color: var(--warn); }
.warnings ul { margin: .3rem 0 0; padding-left: 1.2rem; overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)); gap: .7rem; margin: 1.2rem 0;
  padding: 0; list-style: none; }
.facts li { background: var(--panel); border-radius: .5rem; padding: .6rem .8rem; overflow-wrap: anywhere; }
.facts b { display: block; font-size: 1.2rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .95rem; }
th, td { padding: .35rem .7rem; text-align: left; vertical-align: middle; }
thead th { font-weight: 600; color: var(--muted); font-size: .85rem; white-space: nowrap; vertical-align: bottom; }
tbody th { font-weight: 600; min-width: 8.5rem; max-width: 18rem; overflow-wrap: anywhere; }
.figures { width: 100%; }
.figures tbody tr { border-top: 1px solid var(--line); }
.figures td { white-space: nowrap; }
.figures .value { font-size: 1.15rem; font-weight: 650; }
.figures .mark { width: 300px; padding-left: 0; padding-right: 0; }
.figures svg { max-width: none; }
td.number, th.number { text-align: right; }
.pairs th { padding-left: 0; min-width: 10.5rem; font-weight: 400; color: var(--muted); vertical-align: top; }
.pairs td { overflow-wrap: anywhere; }
.pairs th, .pairs td { padding-top: .2rem; padding-bottom: .2rem; }
.confusion td { text-align: center; min-width: 3.4rem; border: 2px solid var(--paper); border-radius: .3rem; }
.confusion td small { display: block; opacity: .85; }
.confusion td.right { outline: 2px solid var(--accent); outline-offset: -3px; }
.confusion thead th { text-align: center; max-width: 10rem; white-space: normal; overflow-wrap: anywhere; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: 1.2rem; }
figure { margin: 0; }
svg { display: block; max-width: 100%; }
svg text { fill: var(--muted); font: 12px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .reference { stroke: var(--muted); stroke-width: 1.5; stroke-dasharray: 3 3; }
svg .interval { stroke: var(--accent); stroke-width: 3; stroke-linecap: round; }
svg .dot { fill: var(--accent); stroke: var(--paper); stroke-width: 1.5; }
svg .first { stroke: var(--accent); fill: none; stroke-width: 2; }
svg .second { stroke: var(--second); fill: none; stroke-width: 2; stroke-dasharray: 6 3; }
svg text.first, svg text.second { stroke: none; font-weight: 600; }
svg text.first { fill: var(--accent); } svg text.second { fill: var(--second); }
svg circle.first { fill: var(--accent); } svg circle.second { fill: var(--second); }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(128px, 1fr)); gap: .9rem; margin: .5rem 0; }
.pictures img { width: 128px; height: 128px; object-fit: contain; background: var(--panel); border-radius: .4rem;
  border-bottom: 4px solid var(--good); display: block; }
.pictures .wrong img { border-bottom-color: var(--bad); }
.pictures figcaption { font-size: .82rem; line-height: 1.35; max-width: 128px; overflow-wrap: anywhere;
  margin-top: .3rem; }
.pictures b { color: var(--ink); }
pre { background: var(--panel); padding: .8rem 1rem; border-radius: .5rem; overflow-x: auto; font-size: .88rem; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
details { margin: .7rem 0; } summary { cursor: pointer; color: var(--accent); }
footer { border-top: 1px solid var(--line); margin-top: 3rem; padding-top: 1rem; padding-bottom: 2.5rem; }
@media print { body { font-size: 10.5pt; } header { padding-top: 0; } main, header, footer { max-width: none; }
  .scroll { overflow: visible; } .figures, .confusion { font-size: 8.5pt; } th, td { padding: .25rem .4rem; }
  .figures .value { font-size: 1em; } .figures .mark, .figures .mark svg { width: 200px; }
  .facts { grid-template-columns: repeat(4, 1fr); } pre { white-space: pre-wrap; }
  .verdict, .warnings, .facts li, figure, tr { break-inside: avoid; } h2, h3 { break-after: avoid; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
"""
