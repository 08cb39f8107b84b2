/** The style of the report: plain, wide where tables need it, light or dark as the reader prefers. */
export const style = `
:root { color-scheme: light dark; --ink: #1c2024; --faint: #60666d; --rule: #d8dce0; --ground: #fff; --panel: #f5f6f8;
  --good: #0b7a3b; --bad: #b3261e; --open: #8a5a00;
  --c0: #1f6fb4; --c1: #d1610b; --c2: #2b8a3e; --c3: #8e44ad; --c4: #b3261e; --c5: #007c89; --c6: #7a6a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --faint: #9aa2aa; --rule: #3a4047; --ground: #15181b;
  --panel: #1e2226; --good: #63d08f; --bad: #ff8a80; --open: #f0b849;
  --c0: #6db3f2; --c1: #ffa35c; --c2: #7bd88f; --c3: #cf9bf0; --c4: #ff8a80; --c5: #5fd3df; --c6: #d8c95a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 68rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; } h2 { font-size: 1.3rem; margin: 0; } p { max-width: 46rem; }
article { margin-top: 2.5rem; padding-top: 1.5rem; border-top: 1px solid var(--rule); }
.source, .data, small, figcaption, .reasons, details { color: var(--faint); } .data { font-size: .9rem; }
.scroll { overflow-x: auto; max-width: 100%; } .columns > *, .sweep > * { min-width: 0; max-width: 100%; } table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem; }
td, th { padding: .25rem .7rem .25rem 0; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th { font-weight: 500; } tr > :first-child { text-align: left; }
.columns { display: flex; flex-wrap: wrap; gap: 0 3rem; } .paper { background: var(--panel); padding: .2rem 1rem; border-radius: .5rem;
  align-self: flex-start; margin-top: .5rem; max-width: 100%; width: fit-content; }
.sweep { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 0 2rem; } .chart { margin: 1rem 0; width: 30rem; max-width: 100%; }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; } svg text { fill: var(--faint); } .rule { stroke: var(--rule); }
.curve path { fill: none; stroke: currentColor; stroke-width: 2; } .curve circle { fill: currentColor; }
.key { display: inline-block; margin-right: 1rem; white-space: nowrap; } .key::before { content: "●"; margin-right: .3rem; }
.c0 { color: var(--c0); } .c1 { color: var(--c1); } .c2 { color: var(--c2); } .c3 { color: var(--c3); } .c4 { color: var(--c4); }
.c5 { color: var(--c5); } .c6 { color: var(--c6); }
.finding { margin: .9rem 0; padding-left: .9rem; border-left: 4px solid var(--rule); } .finding p { margin: .1rem 0; }
.reproduced { border-color: var(--good); } .not-reproduced { border-color: var(--bad); } .not-testable-at-this-size, .reproduced-in-some-trainings { border-color: var(--open); }
b.reproduced { color: var(--good); } b.not-reproduced { color: var(--bad); } b.not-testable-at-this-size, b.reproduced-in-some-trainings { color: var(--open); }
.strip { display: grid; grid-template-columns: minmax(6rem, 11rem) 1fr; gap: .35rem 1rem; align-items: center; font-size: .85rem; }
.strip img { max-width: 100%; image-rendering: pixelated; height: 64px; object-fit: contain; object-position: left; }
.index td, .index th { white-space: normal; text-align: left; } a { color: inherit; } details { font-size: .85rem; } summary { cursor: pointer; }
`;
