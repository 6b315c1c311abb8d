/** The sign of the product: intervals on true time, and one that is off. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 22 22" width="22" height="22" aria-hidden="true">
      <path class="mark-line" d="M8 1v20" />
      <path class="mark-right" d="M3 7h10M5.5 12h5" />
      <path class="mark-wrong" d="M17.5 13.5l3.5 3.5-3.5 3.5-3.5-3.5z" />
    </svg>
  )
}
