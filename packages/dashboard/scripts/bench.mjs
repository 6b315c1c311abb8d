// `npm run bench:dashboard`: how smooth the page is with a thousand servers that send news once a second, while it is scrolled.
import { chromium } from 'playwright-core'
import { main } from '../../../scripts/lib/main.mjs'
import { systemFile } from '../../../scripts/lib/system-packages.mjs'
import { measureFrames } from './frames.mjs'

await main(async () => {
  const browser = await chromium.launch({ executablePath: systemFile('chromium'), args: ['--no-sandbox'] })
  try {
    for (const nodes of [50, 1000]) {
      const { frames, p50Ms, p95Ms, p99Ms, maxMs, longTasks, longestTaskMs } = await measureFrames(browser, {
        nodes,
        seconds: 20,
      })
      const times = [p50Ms, p95Ms, p99Ms, maxMs].map(ms => ms.toFixed(1)).join(' / ')
      console.log(
        `${nodes} servers: ${frames} frames in 20 s; ms from one to the next, median / p95 / p99 / most: ${times}; tasks above 50 ms: ${longTasks}, the longest ${longestTaskMs.toFixed(0)} ms`,
      )
    }
  } finally {
    await browser.close()
  }
})
