package dev.unlearn.benchmarks;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.model.LoadOptions;
import dev.unlearn.model.decoder.Activation;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.LayerSpec;
import dev.unlearn.model.decoder.NormSpec;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;

/** The size of a GPT-Neo with alternating global and local layers and a head of its embedding. */
record NeoShape(int layers, int width, int heads, int vocabulary, int context, int window) {
  private static final int VOCABULARY = 50_257;
  private static final int CONTEXT = 256;

  static NeoShape named(String name) {
    return switch (name) {
      case "16m" -> new NeoShape(4, 256, 8, VOCABULARY, CONTEXT, CONTEXT);
      case "125m" -> new NeoShape(12, 768, 12, VOCABULARY, CONTEXT, CONTEXT);
      case "1.3b" -> new NeoShape(24, 2048, 16, VOCABULARY, CONTEXT, CONTEXT);
      default -> throw new IllegalArgumentException("no shape is called " + name);
    };
  }

  /** Reads the configuration of a model folder. */
  static NeoShape of(Path folder) throws IOException {
    JsonObject config =
        JsonParser.parseString(Files.readString(folder.resolve("config.json"))).getAsJsonObject();
    String type = config.get("model_type").getAsString();
    checkArgument(type.equals("gpt_neo"), "model_type must be gpt_neo, but was: %s", type);
    return new NeoShape(
        config.get("num_layers").getAsInt(),
        config.get("hidden_size").getAsInt(),
        config.get("num_heads").getAsInt(),
        config.get("vocab_size").getAsInt(),
        config.get("max_position_embeddings").getAsInt(),
        config.get("window_size").getAsInt());
  }

  TrainableCausalLm randomModel(LoadOptions options) {
    return Models.gptNeo(layers, width, heads, vocabulary, context, options);
  }

  DecoderSpec spec() {
    return DecoderSpec.builder()
        .vocabularySize(vocabulary)
        .contextLength(context)
        .width(width)
        .headCount(heads)
        .innerWidth(4 * width)
        .addAllLayers(
            IntStream.range(0, layers)
                .mapToObj(layer -> new LayerSpec(layer % 2 == 0 ? 0 : window, 1))
                .toList())
        .activation(Activation.GELU_TANH)
        .norm(NormSpec.layer(1e-5f))
        .attentionOutBias(true)
        .innerBias(true)
        .tiedHead(true)
        .build();
  }
}
