// What a redrive or skip tells, followed to its end.
type Ending = { readonly kind: 'done' | 'stopped' }

/** Resolves with how it ended; `onEvent` is told of all. Rejects as what is followed does. */
export async function followed<E extends { readonly kind: string }>(
  events: AsyncIterable<E>,
  onEvent: (event: E) => void,
): Promise<Extract<E, Ending> | undefined> {
  let end: Extract<E, Ending> | undefined
  for await (const event of events) {
    onEvent(event)
    if (event.kind === 'done' || event.kind === 'stopped') end = event as Extract<E, Ending>
  }
  return end
}

/** One object a line. */
export const printed = <E extends { readonly kind: string }>(
  events: AsyncIterable<E>,
  view: (event: E) => object,
): Promise<Extract<E, Ending> | undefined> => followed(events, (event) => console.log(JSON.stringify(view(event))))
