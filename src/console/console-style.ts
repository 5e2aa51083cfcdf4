/** System fonts and colours of the reader's own scheme: nothing is fetched. */
export const CONSOLE_STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --accent: #00814a; }
@media (prefers-color-scheme: dark) { :root { --accent: #4fd394; } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.75rem; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
code { background: var(--line); border-radius: 4px; padding: .1em .35em; }
nav { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .75rem; margin-top: 1.5rem; }
nav a { border: 1px solid var(--line); border-radius: 8px; color: inherit; padding: .75rem 1rem; text-decoration: none; }
nav a:hover, nav a:focus-visible { border-color: var(--accent); }
nav b { color: var(--accent); display: block; }
nav span, small, #status { opacity: .75; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .75rem .35rem 0; text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; }
th { font-weight: 600; white-space: nowrap; }
form { display: grid; gap: .5rem; justify-items: start; margin: .5rem 0; }
form[hidden] { display: none; }
input, button { font: inherit; padding: .3rem .6rem; }
`;
