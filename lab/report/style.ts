/** Of the report: one page, light or dark, with nothing to fetch. */
export const style = `
:root { color-scheme: light dark; --text: #1f2328; --faint: #59636e; --line: #d8dee4; --back: #ffffff; --panel: #f6f8fa; --good: #1a7f37; --bad: #cf222e; --own: #e6f4ee }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --faint: #9198a1; --line: #30363d; --back: #0d1117; --panel: #151b23; --good: #3fb950; --bad: #ff7b72; --own: #10261d } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1240px; padding: 2.5rem 1.5rem 5rem; background: var(--back); color: var(--text); font: 15px/1.55 system-ui, -apple-system, 'Segoe UI', sans-serif }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .4rem } h2 { font-size: 1.3rem; margin: 3rem 0 .3rem } h3 { font-size: 1rem; margin: 1.2rem 0 .3rem }
p { max-width: 75ch; margin: .4rem 0 1rem } .faint, figcaption { color: var(--faint) }
nav { columns: 3 240px; margin: 1rem 0 } nav a { display: block; color: inherit }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums } th, td { padding: .45rem .6rem; text-align: right; border-bottom: 1px solid var(--line); vertical-align: top }
th { font-weight: 600; font-size: .85rem; color: var(--faint) } th:first-child, td:first-child { text-align: left; white-space: nowrap } tr.own td { background: var(--own); font-weight: 600 }
.scroll { overflow-x: auto }
.matrix td { text-align: center; padding: .35rem .3rem; font-size: .85rem } .matrix td:first-child { text-align: left; white-space: normal } .matrix { table-layout: fixed; min-width: 56rem } .matrix th:first-child { width: 18% } .matrix th { font-size: .8rem; padding: .35rem .3rem; text-align: center; vertical-align: bottom }
.scroll th:first-child, .scroll td:first-child { position: sticky; left: 0; background: var(--back) } .scroll tr.own td:first-child { background: var(--own) }
@media (max-width: 640px) { body { padding: 1.5rem 1rem 3rem } .scroll td:first-child { white-space: normal; min-width: 8rem } }
section { border-top: 1px solid var(--line); margin-top: 2.5rem }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(360px, 100%), 1fr)); gap: 1rem }
figure { margin: 0; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem .4rem } figure.clocks { margin-bottom: 1rem }
figcaption { font-size: .85rem; font-weight: 600; margin-bottom: .4rem }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif } svg text { fill: var(--faint) } svg .own, svg .value { fill: var(--text); font-weight: 600 }
.grid { stroke: var(--line) } .simulated { fill: none; stroke: var(--text); stroke-width: 1.3 } .right circle { fill: var(--good) } .wrong circle { fill: var(--bad) } .wrong text { fill: var(--text); font-weight: 600 }
code { font: .85em ui-monospace, 'DejaVu Sans Mono', monospace } td.said { text-align: left; max-width: 60ch } .yes { color: var(--good) } .no { color: var(--bad) }
ul { padding-left: 1.2rem } .legend { display: flex; gap: 1.4rem; flex-wrap: wrap; font-size: .85rem; color: var(--faint) }
`
