import { useSignal, useSignalEffect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { colours } from '../state/theme.ts'

export type Colour = (name: string) => string

interface PlotProps {
  /** What it shows, for those who do not see it. */
  readonly label: string
  readonly height: number
  readonly data: uPlot.AlignedData
  /** Made again when the page's colours change. `colour` reads those of the style sheet. */
  readonly options: (colour: Colour) => Omit<uPlot.Options, 'width' | 'height'>
}

/** A plot as wide as its place. */
export function Plot({ label, height, data, options }: PlotProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const latest = useSignal(data)
  latest.value = data

  useSignalEffect(() => {
    colours.value
    const element = place.current
    if (element === null) return
    const style = getComputedStyle(element)
    const made = new uPlot(
      { ...options(name => style.getPropertyValue(`--${name}`).trim()), width: element.clientWidth, height },
      latest.peek(),
      element,
    )
    plot.current = made
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
    }
  })
  useEffect(() => plot.current?.setData(data), [data])

  return <div class="plot" role="img" aria-label={label} ref={place} />
}
