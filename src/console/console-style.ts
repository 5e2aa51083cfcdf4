/** System fonts and the reader's own colour scheme: nothing is loaded. */
export const CONSOLE_STYLE = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f4f6f4, #111513); --card: light-dark(#fff, #1a201d); --field: light-dark(#fff, #121714);
  --ink: light-dark(#17211c, #e7ede9); --soft: light-dark(#566159, #a3b0a8); --line: light-dark(#dbe1dc, #303a34);
  --accent: light-dark(#00704a, #5ad6a0); --on-accent: light-dark(#fff, #06281a);
  --good: light-dark(#e2f3e8, #16382a); --good-ink: light-dark(#0a5a36, #8fe3b8);
  --wait: light-dark(#fdf1d6, #3a2f14); --wait-ink: light-dark(#6f4b00, #f2cf86);
  --bad: light-dark(#fde6e3, #45201c); --bad-ink: light-dark(#8f1d12, #ffb4a9);
}
* { box-sizing: border-box; }
body { background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; margin: 0; }
main, body > header { margin: 0 auto; max-width: 68rem; padding: 0 1.25rem; }
body > header { align-items: baseline; display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding-top: 2rem; }
h1 { font-size: 1.6rem; letter-spacing: -.01em; margin: 0; }
h2 { font-size: 1.15rem; margin: 0 0 .75rem; }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
h4 { font-size: .875rem; margin: .75rem 0 .1rem; }
p { margin: .35rem 0; }
ul { margin: .1rem 0; padding-left: 1.2rem; }
code, pre, textarea, .code { font: .875rem/1.5 ui-monospace, "SF Mono", Consolas, monospace; }
a { color: var(--accent); }
#reload { margin-left: auto; }
.intro { color: var(--soft); flex-basis: 100%; }
.intro code { color: var(--ink); user-select: all; }
.soft { color: var(--soft); }
.code { font-size: .8rem; overflow-wrap: anywhere; }
.lead { font-size: 1.1rem; font-weight: 600; }
.lead .soft { font-weight: 400; }
main { display: grid; gap: 1.25rem; grid-template-columns: repeat(12, 1fr); padding-bottom: 4rem; padding-top: 1.25rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; grid-column: span 12; min-width: 0; padding: 1.25rem 1.5rem 1.4rem; }
@media (min-width: 56rem) {
  #sage200 { grid-column: span 7; }
  #erp { grid-column: span 5; }
}
article + article { border-top: 1px solid var(--line); margin-top: 1rem; padding-top: 1rem; }
article header { align-items: center; display: flex; flex-wrap: wrap; gap: .4rem .6rem; }
.badge { border-radius: 99px; font-size: .8rem; font-weight: 600; padding: .1rem .65rem; white-space: nowrap; }
.badge.good, .notice.good { background: var(--good); color: var(--good-ink); }
.badge.wait, .notice.wait { background: var(--wait); color: var(--wait-ink); }
.badge.bad, .notice.bad { background: var(--bad); color: var(--bad-ink); }
.badge.plain { border: 1px solid var(--line); color: var(--soft); font-weight: 400; }
.notice { border-radius: 12px; grid-column: span 12; margin: 0; padding: .7rem 1.5rem; }
.notice:empty { display: none; }
.warning { color: var(--wait-ink); font-weight: 600; }
.actions { display: flex; flex-wrap: wrap; gap: .6rem; margin-top: .8rem; }
.actions:empty { display: none; }
button, .button { background: var(--card); border: 1px solid var(--line); border-radius: 8px; color: var(--ink); cursor: pointer; display: inline-block; font: inherit; font-size: .95rem; padding: .4rem .95rem; text-decoration: none; }
button:hover, .button:hover { border-color: var(--accent); }
.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
.main:hover { filter: brightness(1.08); }
button:disabled { cursor: default; opacity: .6; }
:focus-visible { outline: 3px solid color-mix(in srgb, var(--accent) 55%, transparent); outline-offset: 2px; }
label { color: var(--soft); display: grid; font-size: .875rem; gap: .2rem; }
input, select, textarea { background: var(--field); border: 1px solid var(--line); border-radius: 8px; color: var(--ink); font: inherit; padding: .4rem .7rem; width: 100%; }
textarea { font: .875rem/1.5 ui-monospace, "SF Mono", Consolas, monospace; resize: vertical; }
.check { align-items: center; display: flex; gap: .5rem; }
.check input { flex: none; width: auto; }
.search { margin-bottom: 1rem; max-width: 22rem; }
#made-text { overflow-wrap: anywhere; user-select: all; }
.rest { margin-top: 1rem; }
.companies:empty { display: none; }
.row { align-items: end; display: flex; flex-wrap: wrap; gap: .75rem; margin-top: .9rem; }
.row label { flex: 1 1 13rem; max-width: 22rem; }
[hidden] { display: none !important; }
details summary { color: var(--soft); cursor: pointer; margin-top: .8rem; }
#query-form { display: grid; gap: .9rem; }
#query-form .row { margin: 0; }
#summary { margin-top: .9rem; }
#summary:empty { display: none; }
.faults b { font-weight: 600; }
pre { background: var(--field); border: 1px solid var(--line); border-radius: 8px; margin: .5rem 0 0; max-height: 26rem; overflow: auto; padding: .8rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
nav { display: grid; gap: .75rem; grid-column: span 12; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); }
nav a { background: var(--card); border: 1px solid var(--line); border-radius: 12px; color: var(--soft); font-size: .9rem; padding: .8rem 1.1rem; text-decoration: none; }
nav a:hover { border-color: var(--accent); }
nav b { color: var(--accent); display: block; font-size: 1rem; }
dialog { background: var(--card); border: 1px solid var(--line); border-radius: 12px; color: var(--ink); max-width: min(30rem, 100% - 2rem); padding: 1.4rem 1.6rem; }
dialog::backdrop { background: rgb(0 0 0 / .45); }
@media (forced-colors: active) { .badge, .notice { border: 1px solid; } }
`;
