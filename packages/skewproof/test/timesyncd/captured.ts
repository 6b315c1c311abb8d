/** What `busctl get-property` of systemd 252 printed. */
export const printed = {
  /** The clock was 2.5 s ahead of the server; NTPMessage, PollIntervalUSec, Frequency. */
  answered: [
    '(uuuuittayttttbtt) 0 4 4 1 -21 0 0 4 127 127 1 1 1795479879419229 1795479876924787 1795479876926000 1795479879435374 false 1 0',
    't 16000000',
    'x 0',
    '',
  ].join('\n'),
  /** Before a server had answered. */
  unanswered: [
    '(uuuuittayttttbtt) 0 0 0 0 0 0 0 4 0 0 0 0 0 18444535084909551616 18444535084909551616 0 false 0 0',
    't 32000000',
    'x 0',
    '',
  ].join('\n'),
} as const
