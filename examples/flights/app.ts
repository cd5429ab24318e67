// The whole app at a glance.
import { defineApp, event, request, subscriber } from 'errand'
import { punctuality } from './requests/punctuality.ts'
import { resources } from './resources.ts'
import { FlightLanded, PunctualityInput, PunctualityResult } from './schemas/generated.ts'
import { alerts } from './subscribers/alerts.ts'
import { archive } from './subscribers/archive.ts'
import { averages } from './subscribers/averages.ts'

export const flightLanded = event('flight.landed', FlightLanded, { key: (flight) => flight.origin })

export default defineApp({
  name: 'flights',
  resources,
  events: [flightLanded],
  subscribers: {
    archive: subscriber(flightLanded, archive, { from: 'earliest' }),
    averages: subscriber(flightLanded, averages, { from: 'earliest' }),
    alerts: subscriber(flightLanded, alerts, { from: 'earliest' }),
  },
  requests: {
    punctuality: request(PunctualityInput, PunctualityResult, punctuality, {
      timeoutMs: 60_000,
      retry: { attempts: 5 },
    }),
  },
})
