const lineHeight = 20
const characterWidth = 8.43
const margin = 24

const colours = [
  [/REFUSED/g, '#ff7b72'],
  [/ERR_[A-Z_]+/g, '#ffa657'],
  [/accepted/g, '#7ee787'],
  [/[+-]\d+ s/g, '#79c0ff'],
]

/** What a program printed, as a picture (SVG). */
export function drawTerminal(command, lines) {
  const all = [command, '', ...lines]
  const width = Math.ceil(Math.max(...all.map(line => line.length)) * characterWidth + 2 * margin)
  const height = all.length * lineHeight + 2 * margin
  const text = all.map(
    (line, index) =>
      `<text x="${margin}" y="${margin + (index + 0.75) * lineHeight}" xml:space="preserve">${paint(line)}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Five servers and what they say of one token">
<title>What ${escapeText(command)} printed</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" fill="#e6edf3">
${text.join('\n')}
</g>
</svg>
`
}

function paint(line) {
  return colours.reduce(
    (painted, [what, colour]) => painted.replace(what, `<tspan fill="${colour}">$&</tspan>`),
    escapeText(line),
  )
}

function escapeText(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
