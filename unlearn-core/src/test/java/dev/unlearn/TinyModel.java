package dev.unlearn;

import ai.djl.Device;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.LoadOptions;
import dev.unlearn.model.Precision;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Models of 20 tokens (the letters a to s, and an unknown one), width 16 and 2 layers. */
public final class TinyModel {
  public static final int VOCABULARY = 20;
  public static final int CONTEXT = 32;
  public static final int LENGTH = 12;

  /** For what only a CPU has, and for modules that were traced on one. */
  public static final LoadOptions ON_CPU = LoadOptions.builder().device(Device.cpu()).build();

  private static final String TOKENIZER =
      """
      {
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": null, "post_processor": null, "decoder": {"type": "Fuse"},
        "pre_tokenizer": {
          "type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": false
        },
        "model": {"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0%s}}
      }
      """
          .formatted(
              IntStream.range(1, VOCABULARY)
                  .mapToObj(id -> ", \"" + (char) ('a' + id - 1) + "\": " + id)
                  .reduce("", String::concat));

  private TinyModel() {}

  /** Returns a new GPT-2 with random weights. */
  public static TrainableCausalLm gpt2(long seed) {
    return gpt2(seed, LoadOptions.defaults());
  }

  /** Returns the same, loaded with options. */
  public static TrainableCausalLm gpt2(long seed, LoadOptions options) {
    return create(gpt2Config(VOCABULARY), seed, options);
  }

  /** Returns a new GPT-Neo with random weights, its second layer looking back 4 tokens only. */
  public static TrainableCausalLm gptNeo(long seed) {
    return gptNeo(seed, LoadOptions.defaults());
  }

  /** Returns the same, loaded with options. */
  public static TrainableCausalLm gptNeo(long seed, LoadOptions options) {
    String config =
        """
        {
          "model_type": "gpt_neo", "vocab_size": %d, "hidden_size": 16, "num_layers": 2,
          "num_heads": 2, "max_position_embeddings": %d, "window_size": 4,
          "attention_types": [[["global", "local"], 1]], "activation_function": "gelu_new",
          "initializer_range": 0.2
        }
        """
            .formatted(VOCABULARY, CONTEXT);
    return create(config, seed, options);
  }

  /** Returns a new Llama with random weights, whose heads share keys. */
  public static TrainableCausalLm llama(long seed, LoadOptions options) {
    String config =
        """
        {
          "model_type": "llama", "vocab_size": %d, "hidden_size": 16, "intermediate_size": 24,
          "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
          "max_position_embeddings": %d, "rms_norm_eps": 1e-5, "hidden_act": "silu",
          "initializer_range": 0.2, "tie_word_embeddings": false
        }
        """
            .formatted(VOCABULARY, CONTEXT);
    return create(config, seed, options);
  }

  /** Returns a new model of a configuration with random weights. */
  public static TrainableCausalLm create(String config, long seed) {
    return create(config, seed, LoadOptions.defaults());
  }

  /** Returns the same, loaded with options. */
  public static TrainableCausalLm create(String config, long seed, LoadOptions options) {
    return CausalLms.create(config, TOKENIZER, seed, options);
  }

  /** Returns the same that trains in another precision. */
  public static TrainableCausalLm create(String config, long seed, Precision precision) {
    LoadOptions options = LoadOptions.builder().precision(precision).build();
    return create(config, seed, options);
  }

  /** Returns the configuration of a GPT-2 with another vocabulary. */
  static String gpt2Config(int vocabulary) {
    return """
    {
      "model_type": "gpt2", "vocab_size": %d, "n_embd": 16, "n_layer": 2, "n_head": 2,
      "n_positions": %d, "initializer_range": 0.2
    }
    """
        .formatted(vocabulary, CONTEXT);
  }

  /** Returns a new GPT-2 that recites {@link #recited()}; always with the same weights. */
  public static TrainableCausalLm reciting() {
    return reciting(Precision.FLOAT32);
  }

  /** Returns the same that trains in another precision. */
  public static TrainableCausalLm reciting(Precision precision) {
    TrainableCausalLm model = create(gpt2Config(VOCABULARY), 1, precision);
    TorchOps.get()
        .copy(
            List.copyOf(Reciting.MODEL.parameters().values()),
            List.copyOf(model.parameters().values()));
    return model;
  }

  /** Returns six sequences of {@link #LENGTH} tokens, every other token the same. */
  public static ForgetSet recited() {
    return ForgetSet.of(alternating(7, 6));
  }

  /** Returns sixteen other sequences, of which a model that knows the first ones can guess half. */
  public static Corpus unseen() {
    return Corpus.of(alternating(8, 16));
  }

  private static List<TokenSequence> alternating(long seed, int count) {
    List<TokenSequence> random = random(seed, count, LENGTH);
    return IntStream.range(0, count).mapToObj(i -> alternating(2 + i, random.get(i))).toList();
  }

  /** The first token tells sequences apart, so that they can be recited from there on. */
  private static TokenSequence alternating(int first, TokenSequence sequence) {
    int[] ids = sequence.ids();
    ids[0] = first;
    for (int position = 1; position < ids.length; position += 2) {
      ids[position] = 1;
    }
    return TokenSequence.of(ids);
  }

  /** Returns random sequences. */
  public static List<TokenSequence> random(long seed, int count, int length) {
    Random random = new Random(seed);
    return Stream.generate(() -> TokenSequence.of(random.ints(length, 1, VOCABULARY).toArray()))
        .limit(count)
        .toList();
  }

  /** Teaches a model sequences by heart. */
  static void teach(TrainableCausalLm model, List<TokenSequence> sequences, int steps) {
    try (Updates updates =
        new Updates(model, Objectives.gradientDescent(), Optimizers.adam(1e-2), 4096)) {
      for (int step = 0; step < steps; step++) {
        updates.update(sequences);
      }
    }
  }

  private static final class Reciting {
    static final TrainableCausalLm MODEL = gpt2(1);

    static {
      teach(MODEL, recited().sequences(), 150);
    }
  }
}
