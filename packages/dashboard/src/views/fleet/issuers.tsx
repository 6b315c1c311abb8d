import type { IssuerSkew } from 'skewproof/fleet'
import { formatAge, formatSpan } from '../../text/measure.ts'
import { visible } from '../../text/visible.ts'

/** Issuers whose tokens come from the future: theirs are the wrong clocks. */
export function Issuers({ issuers }: { issuers: readonly IssuerSkew[] }) {
  const ahead = issuers
    .flatMap(({ aheadMs, ...issuer }) => (aheadMs === null ? [] : [{ ...issuer, aheadMs }]))
    .sort((a, b) => b.aheadMs - a.aheadMs)
  return (
    <section aria-labelledby="issuers">
      <h2 id="issuers">Issuers whose clocks are ahead</h2>
      {ahead.length === 0 ? (
        <p class="empty">No token came from the future.</p>
      ) : (
        <table class="issuers">
          <thead>
            <tr>
              <th scope="col">Issuer</th>
              <th scope="col" class="number">
                Ahead by
              </th>
              <th scope="col" class="number">
                Tokens
              </th>
              <th scope="col" class="number">
                Last seen
              </th>
            </tr>
          </thead>
          <tbody>
            {ahead.map(({ issuer, aheadMs, tokens, lastSeenAgoMs }) => (
              <tr key={issuer}>
                <th scope="row">{visible(issuer, 200)}</th>
                <td class="number">≥ {formatSpan(aheadMs)}</td>
                <td class="number">{tokens.toLocaleString('en-US')}</td>
                <td class="number">{formatAge(lastSeenAgoMs)} ago</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
