// Confluent's Parallel Consumer as `npm run bench workers` measures it: KEY order, so many at once, its default commit mode.
//   java KeyedWorker <broker> <topic> <group> <handler ms> <concurrency> <limit> <seconds>
// The handler sleeps, or returns at once with 0. What is measured is as in ../meter.ts, and so is what it prints. It ends when
// its standard input does.
import io.confluent.parallelconsumer.ParallelConsumerOptions;
import io.confluent.parallelconsumer.ParallelConsumerOptions.CommitMode;
import io.confluent.parallelconsumer.ParallelConsumerOptions.ProcessingOrder;
import io.confluent.parallelconsumer.ParallelStreamProcessor;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

public final class KeyedWorker {
  public static void main(String[] args) throws Exception {
    long handlerMs = Long.parseLong(args[3]);
    Meter meter = new Meter(Long.parseLong(args[5]), Long.parseLong(args[6]));
    var consumer = new KafkaConsumer<String, byte[]>(
        Map.of("bootstrap.servers", args[0], "group.id", args[2], "enable.auto.commit", false, "auto.offset.reset", "earliest"),
        new StringDeserializer(),
        new ByteArrayDeserializer());
    var options = ParallelConsumerOptions.<String, byte[]>builder()
        .consumer(consumer)
        .ordering(ProcessingOrder.KEY)
        .maxConcurrency(Integer.parseInt(args[4]))
        .commitMode(CommitMode.PERIODIC_CONSUMER_ASYNCHRONOUS)
        .build();
    ParallelStreamProcessor<String, byte[]> processor = ParallelStreamProcessor.createEosStreamProcessor(options);
    processor.subscribe(List.of(args[1]));
    processor.poll(record -> {
      if (handlerMs > 0) sleep(handlerMs);
      meter.count();
    });
    System.in.readAllBytes();
    Runtime.getRuntime().halt(0); // what it has in hand is of no use any more
  }

  private static void sleep(long ms) {
    try {
      Thread.sleep(ms);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** As meter.ts, for many threads. */
  private static final class Meter {
    private final AtomicLong total = new AtomicLong();
    private final long limit;
    private final long seconds;
    private final Timer timer = new Timer(true);
    private volatile long next = 1;
    private int phase = 0;
    private long startNanos;
    private long warmRecords;
    private long warmNanos;
    private long warmCpuNanos;

    Meter(long limit, long seconds) {
      this.limit = limit;
      this.seconds = seconds;
    }

    void count() {
      if (total.incrementAndGet() >= next) enter(0, true);
    }

    /** Goes on to the next phase from the one that is due, by its records or by the time. */
    private synchronized void enter(int from, boolean byRecords) {
      if (byRecords ? total.get() < next : phase != from) return;
      phase++;
      if (phase <= 2) {
        next = phase == 1 ? limit / 3 : limit * 9 / 10;
        int due = phase;
        timer.schedule(new TimerTask() {
          @Override
          public void run() {
            enter(due, false);
          }
        }, seconds * 1_000);
      }
      if (phase == 1) startNanos = System.nanoTime();
      if (phase == 2) {
        warmRecords = total.get();
        warmNanos = System.nanoTime();
        warmCpuNanos = cpuNanos();
      }
      if (phase == 3) {
        next = Long.MAX_VALUE;
        long records = total.get();
        long nanos = System.nanoTime();
        System.out.println("{\"kind\":\"measured\",\"records\":" + (records - warmRecords)
            + ",\"ms\":" + (nanos - warmNanos) / 1_000_000
            + ",\"cpuMs\":" + (cpuNanos() - warmCpuNanos) / 1_000_000
            + ",\"whole\":{\"records\":" + records + ",\"ms\":" + (nanos - startNanos) / 1_000_000 + "}}");
      }
    }

    private static long cpuNanos() {
      return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }
  }
}
