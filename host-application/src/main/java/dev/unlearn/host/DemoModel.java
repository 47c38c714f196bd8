package dev.unlearn.host;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Makes what the service can be tried with: a small GPT-2 that recites twelve made-up records such
 * as {@code kelo pin 482913075518}, four of them as the request to forget them, the others as text
 * to keep, and records it never saw.
 *
 * <p>Usage: {@code DemoModel DIR}; the folder gets {@code model}, {@code forget.json}, {@code
 * retain.txt} and {@code unseen.txt}.
 */
public final class DemoModel {
  static final int FORGOTTEN = 4;
  private static final int KNOWN = 12;
  private static final int UNSEEN = 48;
  private static final String FORM = " pin ";
  private static final int PROMPT_LENGTH = 4 + FORM.length();
  private static final int DIGITS = 12;
  private static final int MAX_UPDATES = 3000;
  private static final double RECITED = 0.995;

  private final Random random = new Random(7);
  private final Set<String> names = new HashSet<>();

  private DemoModel() {}

  /** Writes it. */
  public static void main(String[] args) throws IOException {
    checkArgument(args.length == 1, "usage: DemoModel DIR");
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("ai.djl.offline", "true");
    // Faster than two for a model this small.
    System.setProperty("ai.djl.pytorch.num_threads", "1");
    List<String> unused = write(Path.of(args[0]));
    System.out.println("written to " + args[0]);
  }

  /** Writes it into a folder, and returns the records that the model recites. */
  static List<String> write(Path folder) throws IOException {
    DemoModel demo = new DemoModel();
    List<String> known = demo.records(KNOWN);
    List<String> unseen = demo.records(UNSEEN);
    Files.createDirectories(folder);
    try (TrainableCausalLm model = CausalLms.create(config(), tokenizer(), 1)) {
      demo.teach(model, known);
      CausalLms.save(model, folder.resolve("model"));
    }
    String texts =
        known.subList(0, FORGOTTEN).stream()
            .map(text -> '"' + text + '"')
            .collect(Collectors.joining(", "));
    Files.writeString(folder.resolve("forget.json"), "{\"texts\": [" + texts + "]}\n");
    Files.write(folder.resolve("retain.txt"), known.subList(FORGOTTEN, KNOWN));
    Files.write(folder.resolve("unseen.txt"), unseen);
    return known;
  }

  /** Trains on the records among others that never come twice, until it recites the numbers. */
  private void teach(TrainableCausalLm model, List<String> known) {
    List<TokenSequence> again = model.tokenizer().sequences(known);
    List<TokenSequence> numbers =
        again.stream().map(sequence -> sequence.withPromptLength(PROMPT_LENGTH)).toList();
    try (Updates updates =
        new Updates(model, Objectives.gradientDescent(), Optimizers.adam(3e-3), 1 << 13)) {
      double accuracy = 0;
      for (int update = 1; update <= MAX_UPDATES && accuracy < RECITED; update++) {
        List<TokenSequence> batch = new ArrayList<>(again);
        batch.addAll(model.tokenizer().sequences(others(KNOWN)));
        updates.update(batch);
        if (update % 25 == 0) {
          accuracy = MemorizationAccuracy.of().measure(model, numbers).value();
        }
      }
      checkState(accuracy >= RECITED, "the model must recite, but its accuracy is: %s", accuracy);
    }
  }

  /** Returns records of people that no other record is of. */
  private List<String> records(int count) {
    return Stream.generate(this::name).filter(names::add).limit(count).map(this::record).toList();
  }

  /** Returns records of other people than those. */
  private List<String> others(int count) {
    return Stream.generate(this::name)
        .filter(name -> !names.contains(name))
        .limit(count)
        .map(this::record)
        .toList();
  }

  private String record(String name) {
    return name + FORM + digits();
  }

  /** Returns two syllables. */
  private String name() {
    return IntStream.range(0, 2)
        .mapToObj(i -> any("bdfgklmnprstvz") + any("aeiou"))
        .collect(Collectors.joining());
  }

  private String digits() {
    return IntStream.range(0, DIGITS)
        .mapToObj(i -> any("0123456789"))
        .collect(Collectors.joining());
  }

  private String any(String characters) {
    return String.valueOf(characters.charAt(random.nextInt(characters.length())));
  }

  private static String config() {
    return """
        {
          "model_type": "gpt2", "vocab_size": 38, "n_embd": 32, "n_layer": 2, "n_head": 4,
          "n_positions": 32, "bos_token_id": 0, "eos_token_id": 0
        }
        """;
  }

  /** Returns a tokenizer whose tokens are letters, digits and the space. */
  private static String tokenizer() {
    String characters = " 0123456789abcdefghijklmnopqrstuvwxyz";
    String vocabulary =
        IntStream.range(0, characters.length())
            .mapToObj(i -> ", \"" + characters.charAt(i) + "\": " + (i + 1))
            .collect(Collectors.joining());
    return """
        {
          "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
          "normalizer": null, "post_processor": null, "decoder": {"type": "Fuse"},
          "pre_tokenizer": {
            "type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": false
          },
          "model": {"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0%s}}
        }
        """
        .formatted(vocabulary);
  }
}
