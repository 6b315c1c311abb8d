import { axisX, axisY, dot, plot as draw, gridY, line, selectLast, text } from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import type { Plot, PlotPoint } from '../benchmark.js'

export function imageName({ name }: Plot): string {
  return `benchmark-${name}.svg`
}

/** The plot as an SVG file, on a ground of its own. */
export function drawPlot({ points, title, x, y, isLogX = false, isLogY = false }: Plot): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const place = { x: (point: PlotPoint) => point.x, y: (point: PlotPoint) => point.y }
  const nameOf = (point: PlotPoint) => point.line
  const drawing = draw({
    document,
    width: 760,
    height: 340,
    marginLeft: 64,
    marginRight: 190,
    marginTop: 56,
    marginBottom: 44,
    x: { type: isLogX ? 'log' : 'linear', nice: true },
    y: { type: isLogY ? 'log' : 'linear', nice: true, zero: !isLogY },
    color: { scheme: 'tableau10' },
    marks: [
      gridY(),
      axisX({ label: x, ticks: 6, tickFormat: '~s' }),
      axisY({ label: y, ticks: 5, tickFormat: '~s' }),
      line(points, { ...place, stroke: nameOf }),
      dot(points, { ...place, fill: nameOf, r: points.length > 100 ? 0 : 3 }),
      text(
        points,
        selectLast({ ...place, z: nameOf, text: nameOf, fill: nameOf, textAnchor: 'start', dx: 8 }),
      ),
      text([title], { frameAnchor: 'top-left', dy: -52, fontSize: 13, fontWeight: 'bold' }),
    ],
  })
  drawing.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  drawing.setAttribute('style', 'background: white; color: #1f2328')
  return `${drawing.outerHTML}\n`
}
