/** A page in one file, without scripts and without resources from elsewhere. */
import { type Html, html } from './html.js';
import { STYLE } from './page-style.js';

/** Under this policy a browser runs and loads nothing that a name in a run might smuggle in. */
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
