// Why the launcher cannot go on, and the two ways out: the remedy, or a cluster from elsewhere.
import { ErrandError } from '../../app/errors.ts'

/** An error that ends with the remedy; `remedy` is a clause without its full stop. */
export const refusal = (code: string, problem: string, remedy: string, cause?: unknown): ErrandError =>
  new ErrandError(
    code,
    `${problem}\n${remedy}, or set KAFKA_BROKERS and SCHEMA_REGISTRY_URL to use a cluster that runs already.`,
    { cause },
  )
