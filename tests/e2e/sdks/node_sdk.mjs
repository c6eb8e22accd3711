// Sends with a published Node SDK: `node node_sdk.mjs segment|rudder`, its orders as one line of JSON on standard input.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import RudderAnalytics from '@rudderstack/rudder-sdk-node'
import { Analytics } from '@segment/analytics-node'

const clients = {
  segment({ writeKey, host }, report) {
    const client = new Analytics({ writeKey, host })
    client.on('error', report)
    return { call: ({ type, ...message }) => client[type](message), flush: () => client.flush() }
  },
  rudder({ writeKey, host }, report) {
    const client = new RudderAnalytics(writeKey, { dataPlaneUrl: host, logLevel: 'none', errorHandler: report })
    return { call: ({ type, ...message }) => client[type](message), flush: () => client.flush() }
  },
}

// Each round is flushed before the next begins. What the SDK reports as lost.
async function send(order) {
  const errors = []
  const client = clients[process.argv[2]](order, (error) => errors.push(String(error.reason ?? error.message ?? error)))
  for (const calls of order.rounds) {
    calls.forEach(client.call)
    await client.flush()
  }
  return errors
}

const [line] = await once(createInterface({ input: process.stdin }), 'line')
console.log(JSON.stringify(await Promise.all(JSON.parse(line).map(send))))
process.exit()
