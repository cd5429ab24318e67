"""Other people's clients: confluent-kafka, as a team that has always used Python runs it.

  confluent.py produce <json>   writes records, prints where each one lies
  confluent.py consume <json>   joins a group, prints each record as it comes, commits and leaves at SIGTERM or at `count`
  confluent.py commit <json>    commits positions for a group without members

One JSON object a line on stdout.
"""

import json
import signal
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext


def say(**line):
    print(json.dumps(line, default=lambda at: round(at.timestamp() * 1000)), flush=True)  # a datetime


def text(raw):
    return None if raw is None else raw.decode("utf-8", "replace")


def serializer(options):
    kind, topic = options.get("format", "json"), options["topic"]
    if kind == "raw":
        return lambda value: bytes(value)
    if kind == "json":
        return lambda value: json.dumps(value).encode()
    registry = SchemaRegistryClient({"url": options["registry"]})
    make = AvroSerializer if kind == "avro" else JSONSerializer
    schema = json.dumps(options["schema"])
    encode = make(registry, schema) if kind == "avro" else make(schema, registry)
    context = SerializationContext(topic, MessageField.VALUE)
    return lambda value: encode(value, context)


def produce(options):
    encode = serializer(options)
    producer = Producer({"bootstrap.servers": options["brokers"], **options.get("config", {})})
    failures = []

    def delivered(error, message):
        if error:
            failures.append(str(error))
        else:
            say(key=text(message.key()), partition=message.partition(), offset=message.offset())

    for record in options["records"]:
        value, key = record.get("value"), record.get("key")
        headers = [(name, None if raw is None else bytes(raw)) for name, raw in record.get("headers", [])]
        producer.produce(
            options["topic"],
            value=None if value is None else encode(value),
            key=None if key is None else key.encode(),
            headers=headers,
            on_delivery=delivered,
            **({"timestamp": record["timestamp"]} if "timestamp" in record else {}),
        )
        producer.poll(0)
    producer.flush(60)
    if failures:
        sys.exit("; ".join(failures))


def consume(options):
    decode = json.loads
    if options.get("format") == "avro":
        avro = AvroDeserializer(SchemaRegistryClient({"url": options["registry"]}))
        context = SerializationContext(options["topic"], MessageField.VALUE)
        decode = lambda raw: avro(raw, context)
    consumer = Consumer(
        {
            "bootstrap.servers": options["brokers"],
            "group.id": options["group"],
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            **options.get("config", {}),
        }
    )
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    consumer.subscribe([options["topic"]], on_assign=lambda _, parts: say(assigned=len(parts)))
    left, last = options.get("count"), {}
    while not stopped and (left is None or left > 0):
        message = consumer.poll(0.2)
        if message is None:
            continue
        if message.error():
            sys.exit(str(message.error()))
        say(
            key=text(message.key()),
            value=decode(message.value()),
            partition=message.partition(),
            offset=message.offset(),
            headers={name: text(raw) for name, raw in message.headers() or []},
        )
        last[message.partition()] = message.offset() + 1
        left = None if left is None else left - 1
    metadata = {"metadata": options["metadata"]} if "metadata" in options else {}
    if last:
        positions = [TopicPartition(options["topic"], p, o, **metadata) for p, o in last.items()]
        consumer.commit(offsets=positions, asynchronous=False)
    consumer.close()
    say(closed=True)


def commit(options):
    consumer = Consumer({"bootstrap.servers": options["brokers"], "group.id": options["group"]})
    positions = [TopicPartition(options["topic"], p, o) for p, o in options["positions"]]
    for attempt in range(50):
        try:
            consumer.commit(offsets=positions, asynchronous=False)
            break
        except Exception as error:
            if attempt == 49:
                raise
            time.sleep(0.2)
    consumer.close()


if __name__ == "__main__":
    {"produce": produce, "consume": consume, "commit": commit}[sys.argv[1]](json.loads(sys.stdin.readline()))
