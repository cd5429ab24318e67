// Listing a request type in an app that a person has written: right, or left alone.
import { expect, test } from 'vitest'
import { listRequest } from '../../../bin/appListing.ts'
import { newRequest } from '../../../bin/newRequest.ts'

const quote = newRequest('price-quote')
const entry = "'price-quote': request(PriceQuoteInput, PriceQuoteResult, priceQuote)"

const listed = (text: string): string => {
  const listing = listRequest(text, quote)
  if (listing.kind !== 'listed') throw new Error(JSON.stringify(listing))
  return listing.text
}

test('an app with requests gets one more, and its imports in order', () => {
  const app = `import { defineApp, request } from 'errand'
import { add } from './requests/add.ts'
import { AddInput, AddResult } from './schemas/generated.ts'

export default defineApp({
  name: 'sums',
  requests: {
    add: request(AddInput, AddResult, add),
  },
})
`
  expect(listed(app)).toBe(`import { defineApp, request } from 'errand'
import { add } from './requests/add.ts'
import { priceQuote } from './requests/priceQuote.ts'
import { AddInput, AddResult, PriceQuoteInput, PriceQuoteResult } from './schemas/generated.ts'

export default defineApp({
  name: 'sums',
  requests: {
    ${entry},
    add: request(AddInput, AddResult, add),
  },
})
`)
})

test('an app without requests gets its first, in the quotes and semicolons of its author', () => {
  expect(
    listed('import { defineApp } from "errand";\n\nexport default defineApp({ name: "sums", requests: {} });\n'),
  ).toBe(
    `import { defineApp, request } from "errand";
import { priceQuote } from "./requests/priceQuote.ts";
import { PriceQuoteInput, PriceQuoteResult } from "./schemas/generated.ts";

export default defineApp({ name: "sums", requests: { ${entry} } });
`,
  )
})

test('requests on one line stay on it; a broken list of imports stays broken; types stay types', () => {
  const app = `import {
  defineApp,
  request,
} from 'errand'
import type { Other } from './schemas/generated.ts'
import { A, B } from './schemas/generated.ts'
import {
  add,
} from './requests/add.ts'
export default defineApp<Other>({ name: 'sums', requests: { add: request(A, B, add) } })
`
  const text = listed(app)
  expect(text).toContain(`requests: { ${entry}, add: request(A, B, add) }`)
  expect(text).toContain("import {\n  defineApp,\n  request,\n} from 'errand'")
  expect(text).toContain("import type { Other } from './schemas/generated.ts'")
  expect(text).toContain("import { A, B, PriceQuoteInput, PriceQuoteResult } from './schemas/generated.ts'")
})

test('what stands in a comment is no place, and no name', () => {
  const app = `import { defineApp, request } from 'errand'
// requests: { defineApp( const priceQuote
/* requests: {
   class PriceQuoteInput */
export default defineApp({
  name: 'http://sums', // two slashes in a string are no comment
  requests: {
  },
})
`
  expect(listed(app)).toContain(`  requests: {\n    ${entry},\n  },`)
})

test.each([
  [
    'spread requests',
    "import { defineApp } from 'errand'\nexport default defineApp({ name: 'a', requests })",
    '"requests: {" 0 times',
  ],
  [
    'two places',
    "import { defineApp } from 'errand'\nexport default defineApp({ requests: {}, other: { requests: {} } })",
    '"requests: {" 2 times',
  ],
  [
    'no defineApp',
    "import { defineApp } from 'errand'\nexport default app({ requests: {} })",
    'calls defineApp 0 times',
  ],
  [
    'requests elsewhere',
    "import { defineApp } from 'errand'\nconst a = { requests: {} }\nexport default defineApp(a)",
    'before defineApp',
  ],
  [
    'a namespace import',
    "import * as errand from 'errand'\nexport default errand.defineApp({ requests: {} })",
    "import from 'errand'",
  ],
])('%s: it is left to a person, who is told why', (_name, text, why) => {
  expect(listRequest(text, quote)).toEqual({ kind: 'unclear', why: expect.stringContaining(why) })
})

test.each([
  ['import { priceQuote } from "./other.ts"', 'priceQuote'],
  ['import priceQuote from "./other.ts"', 'priceQuote'],
  ['const priceQuote = 1', 'priceQuote'],
  ["import { A, PriceQuoteInput } from './schemas/generated.ts'", 'PriceQuoteInput'],
])('%s: the name is taken', (line, name) => {
  const app = `import { defineApp } from 'errand'\n${line}\nexport default defineApp({ name: 'a', requests: {} })\n`
  expect(listRequest(app, quote)).toEqual({ kind: 'taken', name })
})
