// What we rely on in a schema registry, whoever made it: on Apicurio and on one that answers as Confluent documents it.
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { AvroSchema } from '../../app/record.ts'
import type { Series } from '../../schemas/folder/folder.ts'
import { parseSettings } from '../../schemas/folder/subjectSettings.ts'
import { registryFindings } from '../../schemas/gate/registryFindings.ts'
import { registerSubjects } from '../../schemas/registry/register.ts'
import { createRegistry } from '../../schemas/registry/registry.ts'

type Field = { readonly name: string; readonly type: AvroSchema; readonly default?: unknown }
const origin = { name: 'origin', type: 'string' }
const gate = { name: 'gate', type: 'string', default: '?' }

const idOf = (registered: object | undefined): unknown => (registered as { readonly id?: number } | undefined)?.id

/** Records of one name, of this test alone: a registry is shared. */
const family = () => {
  const name = `T${randomUUID().replaceAll('-', '')}`
  const version = (...fields: readonly Field[]): AvroSchema => ({ type: 'record', name, namespace: 'tests', fields })
  return { subject: `tests.${name}-value`, version }
}

export type RegistryContractOptions = {
  readonly url: () => string
  /** Whether it says why it would refuse a version. */
  readonly givesReasons: boolean
}

export function registryContract({ url, givesReasons }: RegistryContractOptions): void {
  const registry = () => createRegistry({ url: url() })
  const deleteVersion = (subject: string, version: number) =>
    fetch(`${url()}/subjects/${subject}/versions/${version}`, { method: 'DELETE' })

  describe('registering', () => {
    test('twice gives one id and one version, and so does another order of the properties', async () => {
      const { subject, version } = family()
      const schema = version({ name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } }, gate)
      const { type, name, namespace } = schema as { type: string; name: string; namespace: string }
      const at = { type: { logicalType: 'timestamp-millis', type: 'long' }, name: 'at' }
      const turned = { fields: [at, gate], namespace, name, type }
      const register = (each: AvroSchema) => registerSubjects(registry(), [{ name: subject, schema: each }])
      const [first] = await register(schema)
      expect(first).toEqual({ kind: 'new', subject, id: expect.any(Number) })
      expect(await register(schema)).toEqual([{ ...first, kind: 'there' }])
      expect(await register(turned)).toEqual([{ ...first, kind: 'there' }])
      expect(await registry().register(subject, turned)).toEqual({ kind: 'registered', id: idOf(first) })
      expect((await registry().versions(subject)).map((each) => each.version)).toEqual([1])
    })

    test('finds a schema that was registered as its file wrote it, as earlier versions of Errand did', async () => {
      const { subject, version } = family()
      const { type, name, namespace } = version() as { type: string; name: string; namespace: string }
      const schema = { namespace, name, fields: [origin, { default: '?', type: 'string', name: 'gate' }], type }
      const response = await fetch(`${url()}/subjects/${subject}/versions`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' } },
        body: JSON.stringify({ schema: JSON.stringify(schema) }),
      })
      const { id } = (await response.json()) as { readonly id: number }
      expect(await registry().idOf(subject, schema)).toBe(id)
      expect(await registerSubjects(registry(), [{ name: subject, schema }])).toMatchObject([{ kind: 'there', id }])
      expect((await registry().versions(subject)).map((each) => each.version)).toEqual([1])
    })

    test('sets the level before the version, as a new version is held against it, and changes it when it is told to', async () => {
      const { subject, version } = family()
      const register = (schema: AvroSchema, level?: 'FORWARD' | 'NONE') =>
        registerSubjects(registry(), [{ name: subject, schema, ...(level && { level }) }])
      await register(version(origin))
      expect(await registry().level(subject)).toBe('BACKWARD_TRANSITIVE')
      const more = version(origin, { name: 'seat', type: 'string' })
      expect(await register(more)).toEqual([{ kind: 'refused', subject, reason: expect.stringMatching(/./) }])
      expect(await register(more, 'FORWARD')).toMatchObject([
        { kind: 'new', level: { from: 'BACKWARD_TRANSITIVE', to: 'FORWARD' } },
      ])
      expect(await register(more, 'NONE')).toMatchObject([{ kind: 'there', level: { from: 'FORWARD', to: 'NONE' } }])
      expect(await register(more, 'NONE')).toEqual([{ kind: 'there', subject, id: expect.any(Number) }])
    })
  })

  describe('drift', () => {
    const seriesOf = (versions: readonly AvroSchema[]): Series => ({
      ...{ name: 'flight', of: 'flight', part: '', settings: parseSettings('subject.json', {}) },
      versions: versions.map((schema, index) => ({
        ...{ version: index + 1, path: `flight/v${index + 1}.avsc`, text: JSON.stringify(schema), schema },
      })),
    })
    const findings = async (subject: string, versions: readonly AvroSchema[]) => {
      const asked = registry()
      return registryFindings(seriesOf(versions), {
        ...{ name: subject, isTakenOver: false },
        versions: await asked.versions(subject),
        level: await asked.level(subject),
        defaultLevel: await asked.defaultLevel(),
        judgement: await asked.judge(subject, versions.at(-1)!),
      })
    }

    test('is not that nothing, or not yet the latest, is registered', async () => {
      const { subject, version } = family()
      const versions = [version(origin), version(origin, gate)]
      expect(await findings(subject, versions)).toEqual([])
      await registerSubjects(registry(), [{ name: subject, schema: versions[0]! }])
      expect(await findings(subject, versions)).toEqual([])
    })

    test('is a version that the folder does not have, a deleted one that it has, and another level', async () => {
      const { subject, version } = family()
      const [v1, v2, foreign] = [version(origin), version(origin, gate), version(origin, { ...gate, name: 'seat' })]
      for (const schema of [v1, v2, foreign]) await registerSubjects(registry(), [{ name: subject, schema }])
      await deleteVersion(subject, 1)
      await registry().setLevel(subject, 'FULL')
      expect((await findings(subject, [v1, v2])).map(({ type, version: of }) => [type, of])).toEqual([
        ['SOFT_DELETED', 1],
        ['LEVEL_DIFFERS', 2],
        ['VERSION_UNKNOWN', 2],
      ])
    })

    test('is that the only version is deleted', async () => {
      const { subject, version } = family()
      const v1 = version(origin)
      await registerSubjects(registry(), [{ name: subject, schema: v1 }])
      await deleteVersion(subject, 1)
      expect((await findings(subject, [v1])).map(({ type }) => type)).toContain('SOFT_DELETED')
    })

    test('is a latest version that the registry would refuse, with what it says of it', async () => {
      const { subject, version } = family()
      const [v1, broken] = [version(origin), version(origin, { name: 'seat', type: 'string' })]
      await registerSubjects(registry(), [{ name: subject, schema: v1 }])
      const [refused, ...others] = await findings(subject, [v1, broken])
      expect(others).toEqual([])
      expect(refused).toMatchObject({ type: 'VERSION_REFUSED', severity: 'registry', version: 2 })
      const [theirs, ours] = refused!.causes!
      expect(theirs).toMatch(givesReasons ? /seat/ : /gives no reason/)
      expect(ours).toMatch(/seat/)
    })
  })

  test('a registry tells of an id that it does not know, and of a subject that it does not know', async () => {
    const { subject, version } = family()
    const asked = registry()
    expect(await asked.schema(2_000_000_000)).toBeUndefined()
    expect([await asked.idOf(subject, version(origin)), await asked.level(subject)]).toEqual([undefined, undefined])
    expect(await asked.versions(subject)).toEqual([])
  })
}
