import { simulatedFleet, startSimulatedService } from './simulated-service.mjs'

/**
 * How long the page's frames take while a fleet of so many nodes sends news once a second, and the list is scrolled.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {{ nodes: number, seconds: number }} options
 */
export async function measureFrames(browser, { nodes, seconds }) {
  const service = await startSimulatedService(simulatedFleet(nodes))
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    await page.goto(service.url)
    const all = page.getByRole('button', { name: /^Show all/ })
    await all.click()
    await page.waitForTimeout(1500)
    /** @type {{ gaps: number[], tasks: number[] }} */
    const { gaps, tasks } = await page.evaluate(
      `new Promise(resolve => {
        const gaps = [], tasks = []
        new PerformanceObserver(list => { for (const entry of list.getEntries()) tasks.push(entry.duration) }).observe({ type: 'longtask' })
        let last, began
        requestAnimationFrame(function frame(now) {
          if (last !== undefined) gaps.push(now - last)
          began ??= now
          last = now
          scrollTo(0, 600 + ((now - began) * 2) % 20000)
          if (now - began < ${seconds * 1000}) requestAnimationFrame(frame)
          else resolve({ gaps, tasks })
        })
      })`,
    )
    await page.close()
    const sorted = gaps.toSorted((one, other) => one - other)
    /** @param {number} share */
    const quantile = share => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
    return {
      frames: gaps.length,
      p50Ms: quantile(0.5),
      p95Ms: quantile(0.95),
      p99Ms: quantile(0.99),
      maxMs: quantile(1),
      longTasks: tasks.length,
      longestTaskMs: Math.max(0, ...tasks),
    }
  } finally {
    await service.stop()
  }
}
