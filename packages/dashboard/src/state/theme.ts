import { effect, signal } from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'

const key = 'skewproof-theme'
const themes: readonly Theme[] = ['system', 'light', 'dark']

export const theme = signal<Theme>(stored())

/** Follows the switch: the style sheet has both, and goes by what the system prefers unless told otherwise. */
export function followTheme(): void {
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value
    try {
      localStorage.setItem(key, theme.value)
    } catch {
      // Storage may be forbidden: the choice lasts as long as the page.
    }
  })
}

function stored(): Theme {
  try {
    return themes.find(name => name === localStorage.getItem(key)) ?? 'system'
  } catch {
    return 'system'
  }
}

/** Changes whenever the page's colours do, so that canvases are drawn again. */
export const colours = signal(0)

export function watchColours(): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    colours.value += 1
  })
  effect(() => {
    theme.value
    colours.value = colours.peek() + 1
  })
}
