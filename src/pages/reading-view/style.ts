export const readingViewStyle = `
:root {
  --text: #1c2430; --soft: #566273; --line: #e3e8ef; --ground: #ffffff; --raised: #f6f8fa; --link: #0a5fb4;
  --get: #0a5fb4; --post: #0f7038; --put: #8a4b00; --patch: #6b3fb5; --delete: #b3261e;
  --fine: #0f7038; --moved: #0a5fb4; --refused: #8a4b00; --failed: #b3261e;
  --slab: #16202e; --slab-head: #1f2b3c; --slab-text: #dce5f0; --slab-soft: #9fb0c5;
  --mono: ui-monospace, SFMono-Regular, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace;
  color-scheme: light;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --text: #dfe6ee; --soft: #9aa8b8; --line: #26313f; --ground: #0f151d; --raised: #17202b; --link: #74b4ff;
    --get: #74b4ff; --post: #5fd08e; --put: #f0b35c; --patch: #c0a2ff; --delete: #ff8f87;
    --fine: #5fd08e; --moved: #74b4ff; --refused: #f0b35c; --failed: #ff8f87;
    --slab: #151e2a; --slab-head: #1c2735;
    color-scheme: dark;
  }
}

* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { scroll-padding-top: 1.5rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; color: var(--text); background: var(--ground);
  font: 15px/1.6 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
  display: grid; grid-template-columns: 17.5rem minmax(0, 1fr);
}
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px; }
p, ul, ol, dl, pre, h1, h2, h3, h4, figure { margin: 0; }
h1, h2, h3 { line-height: 1.25; letter-spacing: -0.015em; text-wrap: balance; }
code, pre, var { font-family: var(--mono); font-size: 0.9em; font-style: normal; }
s { text-decoration-thickness: 1px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 1rem; z-index: 3; padding: 0.5rem 1rem; background: var(--ground); }

.menu {
  position: sticky; top: 0; height: 100vh; overflow-y: auto; overscroll-behavior: contain; padding: 1.75rem 0.75rem 3rem;
  border-right: 1px solid var(--line); background: var(--raised); font-size: 0.875rem; scrollbar-width: thin;
}
.brand { padding: 0 0.75rem 1rem; font-size: 1rem; font-weight: 650; }
.brand a { color: inherit; }
.menu input { width: calc(100% - 1.5rem); margin: 0 0.75rem; padding: 0.375rem 0.625rem; border: 1px solid var(--line); border-radius: 6px; background: var(--ground); color: inherit; font: inherit; }
.found { min-height: 1.5em; padding: 0.25rem 0.75rem 0; color: var(--soft); font-size: 0.75rem; }
.version { color: var(--soft); font-size: 0.75rem; font-weight: 450; letter-spacing: 0; white-space: nowrap; }
.menu .close, .bar { display: none; }
.menu summary {
  padding: 0.75rem 0.75rem 0.25rem; color: var(--soft); font-size: 0.75rem; font-weight: 650; letter-spacing: 0.04em;
  text-transform: uppercase; list-style: none; cursor: pointer;
}
.menu summary::-webkit-details-marker { display: none; }
.menu details:not([open]) summary::after { content: ' …'; }
.menu ul { list-style: none; padding: 0; }
.menu li a {
  display: grid; grid-template-columns: 2.9rem 1fr; gap: 0.5rem; align-items: baseline; padding: 0.3rem 0.75rem;
  border-radius: 6px; color: inherit; line-height: 1.4;
}
.menu li a:hover { background: var(--line); text-decoration: none; }
.menu { scroll-target-group: auto; }
.menu li a:target-current { background: var(--line); }

.method {
  color: var(--soft); font: 650 0.6875rem/1.4 var(--mono); letter-spacing: 0.02em; text-transform: uppercase;
}
.get { color: var(--get); } .post { color: var(--post); } .put { color: var(--put); }
.patch { color: var(--patch); } .delete { color: var(--delete); }

main { max-width: 92rem; padding: 0 clamp(1.25rem, 3.5vw, 3.5rem) 6rem; }
.intro, .group > header, .about { max-width: 46rem; }
.intro { padding: 3.5rem 0 1rem; }
.intro h1 { font-size: 2.25rem; }
.intro h2 { margin: 2.5rem 0 0.5rem; font-size: 1.25rem; }
.intro > p, .group > header > p { margin-top: 0.75rem; color: var(--soft); font-size: 1.0625rem; }
.intro > ul, .intro > ol { margin-top: 0.75rem; color: var(--soft); }
.intro .links { display: flex; gap: 1.25rem; margin-top: 1.25rem; padding: 0; list-style: none; font-size: 0.9375rem; }
.group > header { padding: 3.5rem 0 0; }
.group h2 { font-size: 1.625rem; }

.operation {
  display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 27rem); gap: 2rem clamp(2rem, 4vw, 4rem);
  padding: 2.75rem 0; border-bottom: 1px solid var(--line);
}
.operation h3 { font-size: 1.25rem; }
.operation h3 a { color: inherit; }
.operation:target h3 { box-shadow: -1.25rem 0 var(--ground), -1.4rem 0 var(--link); }
.about h4 { margin: 2rem 0 0.25rem; font-size: 0.9375rem; font-weight: 650; }
.about > p, .about > ul, .about > ol, .about > pre { margin-top: 0.75rem; }
.about ul, .about ol { padding-left: 1.25rem; }
.about p code, .about li code, .intro p code, .intro li code {
  padding: 0.1em 0.35em; border-radius: 4px; background: var(--raised); overflow-wrap: anywhere;
}
.route { display: flex; flex-wrap: wrap; gap: 0.25rem 0.625rem; align-items: baseline; }
.about .route { margin-top: 0.5rem; }
.about .route code { padding: 0; background: none; color: var(--soft); }
.route .method { font-size: 0.8125rem; }
.route var { color: var(--text); }
.security { color: var(--soft); font-size: 0.875rem; }
.locked::before {
  content: ''; display: inline-block; width: 0.8em; height: 0.85em; margin-right: 0.45em; background: currentColor;
  -webkit-mask: var(--lock) center / contain no-repeat; mask: var(--lock) center / contain no-repeat;
  --lock: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 17'%3E%3Cpath d='M4 7V5a4 4 0 0 1 8 0v2h1a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zm2 0h4V5a2 2 0 0 0-4 0z'/%3E%3C/svg%3E");
}
.media { color: var(--soft); font: 0.8125rem var(--mono); }

.field { display: grid; grid-template-columns: minmax(0, 13rem) minmax(0, 1fr); gap: 0 1.25rem; padding: 0.75rem 0; }
.field + .field { border-top: 1px solid var(--line); }
.field dt { overflow-wrap: anywhere; line-height: 1.5; }
.field dt code { font-weight: 600; }
.field dd { margin: 0; font-size: 0.9375rem; overflow-wrap: anywhere; }
.field dd p, .field dd ul, .field dd ol { margin-top: 0.25rem; }
.required, .optional, .old { display: block; font-size: 0.75rem; color: var(--failed); }
.optional { color: var(--soft); }
h4 .required, .route .old { display: inline; font-weight: 450; }
.old { color: var(--refused); }
.facts, .values { color: var(--soft); font-size: 0.875rem; }
.field dd .facts { margin: 0; }
.limit::before { content: '·'; margin: 0 0.4em; }
.nested { grid-column: 1 / -1; }
summary { cursor: pointer; }
.nested summary { width: fit-content; margin-top: 0.5rem; color: var(--link); font-size: 0.8125rem; }
.nested > details > dl, .nested > details > .option { margin-top: 0.25rem; padding-left: 1rem; border-left: 2px solid var(--line); }
.option { padding: 0.5rem 0; }
.nested .field { grid-template-columns: minmax(0, 12rem) minmax(0, 1fr); }

.about > .answer { margin-top: 0.5rem; }
.answer { border: 1px solid var(--line); border-radius: 8px; font-size: 0.9375rem; }
p.answer, .answer > summary { padding: 0.5rem 0.875rem; }
p.answer { padding-left: 1.9rem; }
.answer > :not(summary) { margin-left: 0.875rem; margin-right: 0.875rem; }
.answer > .media { margin-top: 0.5rem; }
.answer > :last-child:not(summary) { margin-bottom: 0.75rem; }
.answer > summary:hover { background: var(--raised); border-radius: 8px; }
.status { margin-right: 0.25rem; font: 650 0.8125rem var(--mono); }
.fine { color: var(--fine); } .moved { color: var(--moved); } .refused { color: var(--refused); } .failed { color: var(--failed); }

.samples { position: sticky; top: 1.5rem; align-self: start; display: grid; gap: 0.75rem; max-height: calc(100vh - 3rem); overflow-y: auto; scrollbar-width: thin; }
.sample { --fine: #5fd08e; --moved: #74b4ff; --refused: #f0b35c; --failed: #ff8f87; position: relative; min-width: 0; border-radius: 8px; background: var(--slab); color: var(--slab-text); overflow: hidden; color-scheme: dark; }
.sample > figcaption, .sample > summary { padding: 0.5rem 0.875rem; background: var(--slab-head); color: var(--slab-soft); font-size: 0.8125rem; }
.sample > button { position: absolute; right: 0.5rem; margin-top: 0.5rem; padding: 0.125rem 0.5rem; border: 1px solid var(--slab-soft); border-radius: 4px; background: var(--slab-head); color: var(--slab-soft); font: inherit; font-size: 0.75rem; cursor: pointer; opacity: 0; }
.sample:hover > button, .sample > button:focus-visible { opacity: 1; }
@media (hover: none) { .sample > button { opacity: 1; } }
.sample > figcaption a { float: right; color: inherit; }
.sample :focus-visible, .sample:focus-visible { outline-color: #74b4ff; outline-offset: -2px; }
pre { overflow-x: auto; font-size: 0.8125rem; line-height: 1.55; tab-size: 2; }
pre code { font-size: inherit; }
.sample pre { max-height: 32rem; overflow-y: auto; padding: 0.75rem 0.875rem; scrollbar-width: thin; }
.shell { user-select: all; }
.plain { padding: 0.75rem 0.875rem; border-radius: 8px; background: var(--raised); }
.key { color: #8cc8ff; } .string { color: #a9dfb4; } .number { color: #f2c078; } .literal { color: #d3b3ff; }

@media (max-width: 75rem) {
  .operation { grid-template-columns: minmax(0, 1fr); }
  .samples { position: static; max-height: none; max-width: 46rem; }
}
@media (max-width: 52rem) {
  html { scroll-padding-top: 4rem; }
  body { display: block; }
  .bar {
    position: sticky; top: 0; z-index: 1; display: flex; justify-content: space-between; gap: 1rem; padding: 0.75rem 1.25rem;
    border-bottom: 1px solid var(--line); background: var(--ground);
  }
  .bar a:first-child { color: inherit; font-weight: 650; }
  .menu { position: fixed; inset: 0; z-index: 2; display: none; height: auto; border: 0; font-size: 1rem; }
  .menu:target { display: block; }
  .menu .close { display: block; position: absolute; top: 1.75rem; right: 1.25rem; }
  .menu li a { padding-block: 0.5rem; }
  .intro { padding-top: 2rem; }
  .intro h1 { font-size: 1.75rem; }
  .field, .nested .field { grid-template-columns: minmax(0, 1fr); }
  .required, .optional, .old { display: inline; margin-left: 0.4rem; }
}
@media print {
  body, .operation { display: block; }
  .menu, .bar, .links, .skip, .sample > button { display: none; }
  details::details-content { content-visibility: visible; height: auto; }
  .samples { position: static; max-height: none; margin-top: 1rem; }
  .sample { --slab: #fff; --slab-head: var(--raised); --slab-text: var(--text); --slab-soft: var(--soft); border: 1px solid var(--line); }
  .sample span { color: inherit; }
  .sample pre { max-height: none; white-space: pre-wrap; }
  .operation, .field, .sample { break-inside: avoid-page; }
}
.article { display: block; max-width: 46rem; margin: 0 auto; padding: 2rem 1rem; }
.article section { margin-top: 2rem; }
.article { overflow-wrap: anywhere; }
.article :is(pre, table) { display: block; max-width: 100%; overflow-x: auto; }
.article pre { margin: 0.5rem 0; padding: 0.75rem; background: var(--raised); border-radius: 6px; }
.article section:target h2 { color: var(--link); }
`
