import { type Theme, theme } from '../state/theme.ts'

const next: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' }
const names: Readonly<Record<Theme, string>> = { system: 'as the system', light: 'light', dark: 'dark' }
/** Filled parts, and lines. */
const icons: Readonly<Record<Theme, readonly [filled: string, lines: string]>> = {
  system: ['M10 3a7 7 0 1 0 0 14z', 'M10 3a7 7 0 1 1 0 14a7 7 0 1 1 0-14z'],
  light: [
    '',
    'M10 6.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7zM10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2M4 4l1.4 1.4M14.6 14.6l1.4 1.4M4 16l1.4-1.4M14.6 5.4l1.4-1.4',
  ],
  dark: ['', 'M16 12.5a7 7 0 1 1-8.5-8.5a5.6 5.6 0 0 0 8.5 8.5z'],
}

/** Light, dark, or as the system is. */
export function ThemeSwitch() {
  const now = theme.value
  const [filled, lines] = icons[now]
  const label = `Colours: ${names[now]}. Change to ${names[next[now]]}`
  return (
    <button
      type="button"
      class="icon"
      title={label}
      aria-label={label}
      onClick={() => {
        theme.value = next[now]
      }}
    >
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
        <path class="filled" d={filled} />
        <path d={lines} />
      </svg>
    </button>
  )
}
