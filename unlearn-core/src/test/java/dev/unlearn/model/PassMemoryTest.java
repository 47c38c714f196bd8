package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.model.decoder.Activation;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.LayerSpec;
import dev.unlearn.model.decoder.NormSpec;
import dev.unlearn.model.decoder.RotarySpec;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What a layer keeps of 2 rows of 5 was counted in PyTorch, as the storages that {@code
 * saved_tensors_hooks} hands over, weights left out: 5,360 bytes of GPT-Neo's, 5,460 with a window
 * of 3; 8,800 of Llama's with one head of keys for two of queries.
 */
final class PassMemoryTest {
  private static final int TOKENS = 10;
  private static final int LENGTH = 5;
  private static final long NEVER = Long.MAX_VALUE;

  /** Gradients of queries and values and the like: 4 · (4 · 8 + 2 · 8), and 8 arrays of width 8. */
  private static final long ONCE = TOKENS * (4 * (4 * 8 + 2 * 8) + 4 * 8 * 8);

  /** Gradients on both sides of the activation. */
  private static final long INNER = TOKENS * 4 * 2 * 32;

  @Test
  void gptNeo_asPyTorchKeeps() {
    PassMemory memory = new PassMemory(gptNeo(), Precision.FLOAT32, false, false);
    assertThat(memory.trainedTrunk(TOKENS, LENGTH, NEVER)).isEqualTo(5360 + 5460 + ONCE + INNER);
  }

  @Test
  void llama_asPyTorchKeeps() {
    DecoderSpec spec =
        frame(20)
            .addAllLayers(List.of(new LayerSpec(0, 0.5)))
            .norm(NormSpec.rms(1e-5f))
            .keyValueHeadCount(1)
            .rotary(RotarySpec.of(4, 10_000))
            .gated(true)
            .activation(Activation.SILU)
            .build();
    PassMemory memory = new PassMemory(spec, Precision.FLOAT32, false, false);
    assertThat(memory.trainedTrunk(TOKENS, LENGTH, NEVER)).isEqualTo(8800 + ONCE + 2 * INNER);
  }

  /** One layer and three states of 10 · 8 numbers, where memory that is freed is used again. */
  @Test
  void checkpointed_oneLayerWhereMemoryIsReused() {
    PassMemory memory = new PassMemory(gptNeo(), Precision.FLOAT32, true, false);
    assertThat(memory.trainedTrunk(TOKENS, LENGTH, 0)).isEqualTo(5460 + 3 * 320 + ONCE + INNER);
    assertThat(memory.trainedTrunk(TOKENS, LENGTH, NEVER)).isEqualTo(5360 + 5460 + ONCE + INNER);
  }

  /**
   * Norms keep 2 · 8 float32 numbers and 2 · 2 moments, linear layers 2 · 8 numbers of 16 bits,
   * attention 5 · 8 of them and 2 float32, the feed-forward layer 2 · 32; beside them lie the
   * rounded matrices, 8 · (4 · 8 + 2 · 32) numbers, and the window's mask.
   */
  @Test
  void bfloat16_operandsOfHalfTheSize() {
    PassMemory memory = new PassMemory(gptNeo(), Precision.BFLOAT16_MIXED, false, false);
    long layer = TOKENS * (64 + 16 + 32 + 80 + 8 + 128) + 2 * 8 * (32 + 64);
    assertThat(memory.trainedTrunk(TOKENS, LENGTH, NEVER))
        .isEqualTo(2 * layer + 2 * 25 + ONCE + INNER);
  }

  /** A piece of a vocabulary of 2²⁰ has 8 rows, computed are 4 pieces, kept 96 rows. */
  @Test
  void probabilities_atMostWhatIsKeptAndOnePieceMore() {
    DecoderSpec spec = neo(frame(1 << 20)).build();
    PassMemory memory = new PassMemory(spec, Precision.FLOAT32, false, false);
    long row = 4L << 20;
    assertThat(memory.probabilities(10)).isEqualTo(10 * row);
    assertThat(memory.probabilities(96)).isEqualTo(96 * row);
    assertThat(memory.probabilities(100)).isEqualTo(100 * row);
    assertThat(memory.probabilities(1000)).isEqualTo((96 + 32) * row);
    assertThat(memory.piece(1000)).isEqualTo(8 * row);
    assertThat(memory.logits(1000)).isEqualTo(1000 * row);
  }

  /** Per token 6 · 8 numbers of its width, 6 · 8 of heads, 3 · 32 inside, and 20 logits twice. */
  @Test
  void scoring_logitsUnlessTheyStayInTheCache() {
    long layers = TOKENS * 4 * (48 + 48 + 96);
    assertThat(new PassMemory(gptNeo(), Precision.FLOAT32, false, false).scoring(TOKENS))
        .isEqualTo(layers + TOKENS * 4 * 2 * 20);
    assertThat(new PassMemory(gptNeo(), Precision.FLOAT32, false, true).scoring(TOKENS))
        .isEqualTo(layers);
  }

  private static DecoderSpec gptNeo() {
    return neo(frame(20)).build();
  }

  private static DecoderSpec.Builder neo(DecoderSpec.Builder frame) {
    return frame
        .addAllLayers(List.of(new LayerSpec(0, 1), new LayerSpec(3, 1)))
        .norm(NormSpec.layer(1e-5f))
        .attentionOutBias(true)
        .innerBias(true)
        .activation(Activation.GELU_TANH);
  }

  private static DecoderSpec.Builder frame(int vocabularySize) {
    return DecoderSpec.builder()
        .vocabularySize(vocabularySize)
        .contextLength(16)
        .width(8)
        .headCount(2)
        .innerWidth(32)
        .tiedHead(true);
  }
}
