// How the page of a replay looks. Meaning is never in the colour alone: lines differ in their strokes, ends in their words.

/** The style sheet. */
export const replayStyle = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --faint: #59636e; --rule: #d8dee4; --canary: #b35900; --stable: #0b63c5; --good: #0b63c5; --bad: #b35900; --wait: #6b4fbb; }
@media (prefers-color-scheme: dark) { :root { --paper: #0f1318; --ink: #e6e9ee; --faint: #9aa5b1; --rule: #2b333c; --canary: #f0a35e; --stable: #6cb0ff; --good: #6cb0ff; --bad: #f0a35e; --wait: #b9a3f5; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 54rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: .5rem 0; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.faint, time { color: var(--faint); }
.end { font-size: 1.15rem; font-weight: 600; border-left: .3rem solid var(--wait); padding-left: .7rem; }
.end.promoted { border-color: var(--good); }
.end.rolledBack { border-color: var(--bad); }
.track { display: flex; gap: 2px; height: 1.9rem; font-size: .8rem; }
.track span { display: flex; align-items: center; justify-content: center; overflow: hidden; border: 1px solid var(--good); border-radius: 3px; min-width: 0; }
.track .rolledBack { border: 2px solid var(--bad); }
.track .held, .track .underWay { border: 2px dashed var(--wait); }
.events { padding-left: 1.2rem; }
.events li { margin: .6rem 0; }
b.rolledBack, b.fail { color: var(--bad); }
b.promoted, b.pass, b.advanced { color: var(--good); }
b.held, b.undecided, b.noData, b.sourceDown { color: var(--wait); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .5rem 0 1rem; }
dt { color: var(--faint); }
dd { margin: 0; }
.plot { position: relative; height: 12rem; margin: 1rem .8rem 2.4rem 5.2rem; border: solid var(--rule); border-width: 0 0 1px 1px; }
.plot svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: hidden; display: block; }
.plot span { position: absolute; font-size: .72rem; line-height: 1.25; text-align: center; color: var(--faint); white-space: pre; }
.plot .y { right: calc(100% + .4rem); transform: translateY(-50%); }
.plot .x { top: calc(100% + .55rem); transform: translateX(-50%); }
path { fill: none; vector-effect: non-scaling-stroke; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.grid { stroke: var(--rule); stroke-width: 1; }
.band { stroke: none; fill: var(--stable); fill-opacity: .2; }
.line.seen, .line.canary, .line.worse { stroke: var(--canary); }
.line.stable, .line.fine { stroke: var(--stable); }
.line.stable, .line.fine { stroke-width: 3; }
.line.limit { stroke: var(--ink); stroke-dasharray: 7 5; }
.line.zero { stroke: var(--faint); stroke-width: 1; }
.line.needed { stroke-dasharray: 3 5; stroke-width: 1.5; }
.legend { font-size: .85rem; margin: 0 0 1rem; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; }
.key { display: inline-block; width: 1.6rem; height: 0; margin-right: .4rem; vertical-align: middle; border-top: 2px solid var(--ink); }
.key.sure { height: .8rem; border: 0; background: var(--stable); opacity: .3; }
.key.seen, .key.canary, .key.worse { border-color: var(--canary); }
.key.stable, .key.fine { border-color: var(--stable); border-top-width: 3px; }
.key.limit { border-top-style: dashed; }
.key.zero { border-top-width: 1px; border-color: var(--faint); }
.key.needed { border-top-style: dotted; }
pre { overflow-x: auto; white-space: pre-wrap; font-size: .8rem; background: color-mix(in srgb, var(--ink) 6%, transparent); padding: .6rem; border-radius: 4px; }
`;
