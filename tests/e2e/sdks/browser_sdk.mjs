// Sends with a published browser SDK in a real Chromium, from a page whose origin isn't the collector's:
// `node browser_sdk.mjs segment|segment-batching|rudder|rudder-beacon CHROMIUM`, its orders as one line of JSON on
// standard input. The pages stay open until standard input ends.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'

const [mode, executablePath] = process.argv.slice(2)
const quiet = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update']
const args = [...quiet, '--disable-sync', '--no-first-run']
const PATIENCE_MS = 30_000

const umd = mode.startsWith('segment')
  ? '@segment/analytics-next/dist/umd/index.js'
  : '@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js'

async function servePage() {
  const sdk = await readFile(new URL(`node_modules/${umd}`, import.meta.url))
  const server = createServer((request, response) => {
    const isScript = request.url === '/sdk.js'
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html; charset=utf-8' })
    response.end(isScript ? sdk : '<!doctype html><title>Shop</title><script src="/sdk.js"></script>')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://localhost:${server.address().port}/`
}

// Both run inside the page.
async function load({ mode, writeKey, host, anonymousId }) {
  if (mode.startsWith('segment')) {
    const batching = { 'Segment.io': { deliveryStrategy: { strategy: 'batching', config: { size: 10, timeout: 300 } } } }
    const integrations = mode === 'segment-batching' ? batching : undefined
    const [analytics] = await AnalyticsNext.AnalyticsBrowser.load({ writeKey, cdnURL: host }, { integrations })
    window.sdk = analytics
  } else {
    window.sdk = new rudderanalytics.RudderAnalytics()
    const beacon = { useBeacon: true, beaconQueueOptions: { flushQueueInterval: 300 } }
    window.sdk.load(writeKey, host, { configUrl: host, ...(mode === 'rudder-beacon' ? beacon : {}) })
    await new Promise((ready) => window.sdk.ready(ready))
  }
  window.sdk.setAnonymousId(anonymousId)
}

function call(calls) {
  for (const one of calls) {
    if (one.type === 'identify') sdk.identify(one.userId, one.traits)
    if (one.type === 'track') sdk.track(one.event, one.properties)
    if (one.type === 'page') sdk.page(one.name)
    if (one.type === 'screen') sdk.screen(one.name)
    if (one.type === 'group') sdk.group(one.groupId, one.traits)
    if (one.type === 'alias') sdk.alias(one.userId, one.previousId)
  }
}

// The first round has met its answer, or none, before the next begins. What the page logs as errors.
async function send(browser, origin, order) {
  const page = await (await browser.newContext()).newPage()
  const errors = []
  let ended = 0
  const end = (request) => (ended += request.method() === 'POST' ? 1 : 0)
  page.on('requestfinished', end).on('requestfailed', end)
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.goto(origin)
  await page.evaluate(load, { mode, ...order })
  for (const calls of order.rounds) {
    const before = ended
    await page.evaluate(call, calls)
    for (let waited = 0; ended === before; waited += 20) {
      if (waited > PATIENCE_MS) throw new Error(`${mode} sent nothing: ${JSON.stringify(calls)}`)
      await new Promise((later) => setTimeout(later, 20))
    }
  }
  return errors
}

const input = createInterface({ input: process.stdin })
const ended = once(input, 'close')
const [line] = await once(input, 'line')
const browser = await chromium.launch({ executablePath, args })
const origin = await servePage()
const errors = await Promise.all(JSON.parse(line).map((order) => send(browser, origin, order)))
await ended
console.log(JSON.stringify(errors))
await browser.close()
process.exit()
