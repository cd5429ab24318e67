// The tests' broker and registry as containers, through testcontainers: the services of docker-compose.kafka.yml as they are,
// on free ports. What a killed test run leaves behind, testcontainers removes.
import { existsSync } from 'node:fs'
import { DockerComposeEnvironment, Wait } from 'testcontainers'
import { freePort, host } from '../bin/launcher/port.ts'

export async function openContainers() {
  // Inside a container testcontainers takes the daemon to be outside of it, and its ports to be on the bridge. Ours are on the
  // loopback address, so a daemon elsewhere would not do anyway.
  if (existsSync('/.dockerenv')) process.env.TESTCONTAINERS_HOST_OVERRIDE ||= 'localhost'
  const [kafkaPort, registryPort] = [await freePort(), await freePort()]
  const environment = await new DockerComposeEnvironment('.', 'docker-compose.kafka.yml')
    .withEnvironment({ ERRAND_KAFKA_PORT: String(kafkaPort), ERRAND_REGISTRY_PORT: String(registryPort) })
    .withDefaultWaitStrategy(Wait.forHealthCheck())
    .withStartupTimeout(120_000)
    .up()
  return {
    system: { brokers: [`${host}:${kafkaPort}`], registryUrl: `http://${host}:${registryPort}/apis/ccompat/v7` },
    end: async () => void (await environment.down()),
  }
}
