// The lander's next version: input, event and result each have a field more, with a default, and one less.
import { lander } from './lander.ts'

export default lander('v2', {
  own: { name: 'gate', type: 'string', default: '?' },
  answered: [{ name: 'wind', type: 'int', default: 0 }],
})
