import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Executes commands from standard input with Kafka's Java client, for the specs:
 * `java -cp 'jars/*' Client.java <broker>`.
 *
 *   delete <topic>
 *   partitions <topic> <count>    increases the number of partitions to <count>
 *   batch <codec>[:<level>]       the records that follow are one batch for each partition, with this codec
 *   begin <codec>, commit, abort  the same in a transaction
 *   record <topic> <partition> <key> <value> [<header>=<value>]...
 *
 * Keys and values are base64; - is null, . is empty, :9 is nine zero bytes.
 */
public class Client {
  public static void main(String[] args) throws Exception {
    KafkaProducer<byte[], byte[]> producer = null;
    Future<RecordMetadata> last = null;
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = lines.readLine()) != null; ) {
      String[] words = line.split(" ");
      switch (words[0]) {
        case "delete" -> {
          try (var admin = open(args[0])) {
            admin.deleteTopics(List.of(words[1])).all().get();
          }
        }
        case "partitions" -> {
          try (var admin = open(args[0])) {
            var count = NewPartitions.increaseTo(Integer.parseInt(words[2]));
            admin.createPartitions(Map.of(words[1], count)).all().get();
          }
        }
        case "batch", "begin" -> {
          if (producer != null) producer.close();
          producer = open(args[0], words[1], words[0].equals("begin"));
        }
        case "commit" -> producer.commitTransaction();
        case "abort" -> {
          producer.flush();
          producer.abortTransaction();
        }
        default -> {
          var record = new ProducerRecord<>(words[1], Integer.valueOf(words[2]), bytes(words[3]), bytes(words[4]));
          for (int n = 5; n < words.length; n++) {
            String[] header = words[n].split("=", 2);
            record.headers().add(header[0], bytes(header[1]));
          }
          last = producer.send(record);
        }
      }
    }
    if (producer != null) producer.close();
    if (last != null) last.get();
  }

  static Admin open(String broker) {
    return Admin.create(Map.of("bootstrap.servers", broker));
  }

  static KafkaProducer<byte[], byte[]> open(String broker, String codec, boolean transactional) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", broker);
    String[] parts = codec.split(":");
    settings.put("compression.type", parts[0]);
    if (parts.length > 1) settings.put("compression." + parts[0] + ".level", Integer.valueOf(parts[1]));
    settings.put("key.serializer", ByteArraySerializer.class);
    settings.put("value.serializer", ByteArraySerializer.class);
    // A batch ends at the next command only: the producer must not send it earlier.
    settings.put("linger.ms", 60_000);
    settings.put("delivery.timeout.ms", 200_000);
    settings.put("batch.size", 16_000_000);
    settings.put("max.request.size", 200_000_000);
    settings.put("buffer.memory", 400_000_000L);
    if (transactional) settings.put("transactional.id", "spec-" + System.nanoTime());
    var producer = new KafkaProducer<byte[], byte[]>(settings);
    if (transactional) {
      producer.initTransactions();
      producer.beginTransaction();
    }
    return producer;
  }

  static byte[] bytes(String word) {
    return switch (word) {
      case "-" -> null;
      case "." -> new byte[0];
      default -> word.startsWith(":") ? new byte[Integer.parseInt(word.substring(1))] : Base64.getDecoder().decode(word);
    };
  }
}
