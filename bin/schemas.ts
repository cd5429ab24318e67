// errand schemas: the app's Avro schemas, as TypeScript and in the registry, and what a new version would break.
import { Command } from 'commander'
import { checkVerb } from './schemas/check.ts'
import { compareVerb } from './schemas/compare.ts'
import { generateVerb } from './schemas/generate.ts'
import { listVerb } from './schemas/list.ts'
import { registerVerb } from './schemas/register.ts'

export const schemasVerb = (): Command =>
  new Command('schemas')
    .description("the app's Avro schemas: as TypeScript, in the registry, and what a new version breaks")
    .addCommand(checkVerb())
    .addCommand(compareVerb())
    .addCommand(listVerb())
    .addCommand(generateVerb())
    .addCommand(registerVerb())
