package dev.unlearn.benchmarks;

import dev.unlearn.model.safetensors.SafetensorsWriter;
import dev.unlearn.model.safetensors.SafetensorsWriter.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Writes a checkpoint of the shape of OPT-1.3B in F16, its values small and random. */
final class OptCheckpoint {
  private static final long WIDTH = 2048;
  private static final long INNER = 8192;
  private static final long VOCABULARY = 50_272;
  private static final int LAYERS = 24;
  private static final int BLOCK_BYTES = 1 << 20;

  private final List<Tensor> tensors = new ArrayList<>();
  private final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES);

  private OptCheckpoint() {
    Random random = new Random(3);
    block.order(ByteOrder.LITTLE_ENDIAN);
    while (block.hasRemaining()) {
      // Sign and fraction at random, exponent -8.
      block.putShort((short) ((random.nextInt(1 << 16) & 0x83ff) | 0x1c00));
    }
  }

  static void write(Path folder) throws IOException {
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"model_type": "opt", "vocab_size": %d, "hidden_size": %d, "num_hidden_layers": %d,
         "num_attention_heads": 32, "ffn_dim": %d, "word_embed_proj_dim": %d,
         "max_position_embeddings": 2048, "torch_dtype": "float16"}
        """
            .formatted(VOCABULARY, WIDTH, LAYERS, INNER, WIDTH));
    new OptCheckpoint().writeWeights(folder.resolve("model.safetensors"));
  }

  private void writeWeights(Path file) {
    add("embed_tokens.weight", VOCABULARY, WIDTH);
    add("embed_positions.weight", 2050L, WIDTH);
    for (int layer = 0; layer < LAYERS; layer++) {
      String name = "layers." + layer + ".";
      for (String part : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
        linear(name + "self_attn." + part, WIDTH, WIDTH);
      }
      norm(name + "self_attn_layer_norm");
      norm(name + "final_layer_norm");
      linear(name + "fc1", WIDTH, INNER);
      linear(name + "fc2", INNER, WIDTH);
    }
    norm("final_layer_norm");
    SafetensorsWriter.write(file, Map.of("format", "pt"), tensors);
  }

  private void linear(String name, long inputs, long outputs) {
    add(name + ".weight", outputs, inputs);
    add(name + ".bias", outputs);
  }

  private void norm(String name) {
    add(name + ".weight", WIDTH);
    add(name + ".bias", WIDTH);
  }

  private void add(String name, Long... shape) {
    long bytes = 2;
    for (long dimension : shape) {
      bytes *= dimension;
    }
    long count = bytes;
    tensors.add(
        new Tensor(
            "model.decoder." + name, "F16", List.of(shape), channel -> fill(channel, count)));
  }

  private void fill(WritableByteChannel channel, long count) throws IOException {
    for (long left = count; left > 0; left -= BLOCK_BYTES) {
      ByteBuffer part = block.duplicate().flip().limit((int) Math.min(left, BLOCK_BYTES));
      while (part.hasRemaining()) {
        int unused = channel.write(part);
      }
    }
  }
}
