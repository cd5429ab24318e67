// docker-compose.kafka.yml against the launch from Java: one system, whichever way it comes up.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { projectOf } from '../../../bin/launcher/dockerWay.ts'
import { brokerProperties } from '../../../bin/launcher/kafka.ts'
import { versions } from '../../../bin/launcher/maven.ts'
import { portFrom } from '../../../bin/launcher/port.ts'

const compose = readFileSync('docker-compose.kafka.yml', 'utf8')

test('the images are those versions that Maven brings', () => {
  expect([...compose.matchAll(/^ +image: (\S+)$/gm)].map(([, image]) => image)).toEqual([
    `apache/kafka:${versions.kafka}`,
    `apicurio/apicurio-registry:${versions.apicurio}`,
  ])
})

test("the broker's settings are the same, but for where it listens and writes", () => {
  const settings = (text: string) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !/^(controller\.quorum\.voters|\S*listener\S*|log\.dirs)=/.test(line))
  const [, block] = /PROPERTIES: \|\n([\s\S]*?)\n {4}#/.exec(compose.replaceAll(/\$\{\w+:-(\d+)\}/g, '$1'))!
  expect(settings(block!)).toEqual(settings(brokerProperties([{ port: 9092, controllerPort: 9093 }], 0)))
})

test('every port is on the loopback address, and can be another', () => {
  const ports = [...compose.matchAll(/^ {4}ports:\n((?: {6}- .*\n)+)/gm)].map(([, lines]) => lines!.trim())
  expect(ports).toEqual([
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: compose's own variables
    '- 127.0.0.1:${ERRAND_KAFKA_PORT:-9092}:9092',
    '- 127.0.0.1:${ERRAND_REGISTRY_PORT:-8081}:8080',
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: compose's own variables
  ])
})

test('a port is what its variable says, else the usual one, and nothing else', () => {
  const read = (text: string) => {
    vi.stubEnv('ERRAND_KAFKA_PORT', text)
    return portFrom('ERRAND_KAFKA_PORT', 9092)
  }
  try {
    expect([read(''), read('0'), read('19092')]).toEqual([9092, 0, 19092])
    for (const text of ['65536', '-1', '9092x', ' '])
      expect(() => read(text)).toThrow(/ERRAND_KAFKA_PORT is ".*must be/)
  } finally {
    vi.unstubAllEnvs()
  }
})

test('a project is named after its folder as compose has names, and no two folders share one', () => {
  expect(projectOf('/home/me/My Shop/.errand')).toMatch(/^errand-myshop-[0-9a-f]{8}$/)
  expect(projectOf('/.errand')).toMatch(/^errand-[0-9a-f]{8}$/)
  const path = fc.array(fc.string({ minLength: 1 }), { minLength: 1 }).map((parts) => `/${parts.join('/')}`)
  fc.assert(
    fc.property(path, path, (one, other) => {
      expect(projectOf(one)).toMatch(/^[a-z0-9][a-z0-9_-]*$/)
      if (one !== other) expect(projectOf(one)).not.toBe(projectOf(other))
    }),
  )
})
