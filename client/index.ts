// The published entry `errand/client`: what a receiver of callbacks needs.
export { type CallbackHeaders, type Refusal, type Verification, type Verifying, verify } from './signature.ts'
