import { printable, printableJson } from '../printable.ts'

/** Writes a result: as one JSON document for scripts, or as text for people, without what a terminal would obey. */
export function print(isJson: boolean | undefined, value: unknown, text: string): void {
  process.stdout.write(`${isJson === true ? printableJson(value, 2) : printable(text)}\n`)
}

/** Columns of equal width, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  return rows
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
