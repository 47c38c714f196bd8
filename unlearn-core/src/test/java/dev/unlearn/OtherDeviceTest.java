package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.LoadOptions;
import dev.unlearn.model.NoTokenizer;
import dev.unlearn.model.Signature;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.TestDecoders;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What runs on the default device runs on {@link OtherDevice}, to the same numbers: an array that
 * was forgotten in host memory is refused by the first operator that meets it.
 */
@Tag("engine")
@EnabledOnOs(OS.LINUX)
final class OtherDeviceTest {
  private static final String GEMMA =
      """
      {
        "model_type": "gemma2", "vocab_size": 20, "hidden_size": 16, "intermediate_size": 24,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
        "head_dim": 8, "max_position_embeddings": 32, "sliding_window": 4,
        "query_pre_attn_scalar": 8, "attn_logit_softcapping": 5.0,
        "final_logit_softcapping": 3.0, "initializer_range": 0.2
      }
      """;

  /** That this device is of use: it computes, and refuses what is not on it. */
  @Test
  void operator_refusesHostMemory() {
    try (NDManager other = NDManager.newBaseManager(OtherDevice.get(), Torch.ENGINE);
        NDManager host = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE)) {
      NDArray two = other.create(new float[] {2, 3});
      assertThat(two.mul(two).toFloatArray()).containsExactly(4, 9);
      assertThat(two.mul(host.create(5f)).toFloatArray()).containsExactly(10, 15);
      NDArray forgotten = host.create(new float[] {2, 3});
      assertThatThrownBy(() -> two.mul(forgotten))
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("not a lazy tensor");
    }
  }

  static Stream<Function<LoadOptions, TrainableCausalLm>> models() {
    return Stream.of(
        options -> TinyModel.llama(1, options),
        options -> TinyModel.gptNeo(1, options),
        options -> TinyModel.create(GEMMA, 1, options));
  }

  @ParameterizedTest
  @MethodSource("models")
  void score_asOnTheHost(Function<LoadOptions, TrainableCausalLm> load) {
    // Of one prompt, so that rows have branches.
    List<TokenSequence> sequences =
        Stream.of(4, 5, 6)
            .map(last -> TokenSequence.of(3, 1, 4, 1, 5, last, 7).withPromptLength(5))
            .toList();
    try (TrainableCausalLm host = load.apply(TinyModel.ON_CPU);
        TrainableCausalLm other = load.apply(OtherDevice.options())) {
      assertThat(other.info().device()).isEqualTo("lazy(0)");
      assertThat(WeightsDigest.of(other)).isEqualTo(WeightsDigest.of(host));
      for (ScoreDetail detail : List.of(ScoreDetail.ALL, ScoreDetail.TARGETS)) {
        List<TokenScores> expected = host.score(sequences, detail);
        List<TokenScores> actual = other.score(sequences, detail);
        for (int i = 0; i < expected.size(); i++) {
          assertThat(actual.get(i).negativeLogLikelihood())
              .isCloseTo(expected.get(i).negativeLogLikelihood(), within(1e-4));
        }
      }
      assertThat(MemorizationAccuracy.of().measure(other, sequences).value())
          .isEqualTo(MemorizationAccuracy.of().measure(host, sequences).value());
      OtherDevice.assertThatAllIsOnDeviceOf(other.manager());
    }
  }

  /** What a wrapped block takes for decoding; keys and values need a device with more. */
  @Test
  void wrapped_decodesAsOnTheHost() {
    List<TokenSequence> sequences = TinyModel.random(1, 3, 8);
    List<List<int[]>> generated = new ArrayList<>();
    List<Double> likelihoods = new ArrayList<>();
    for (Device device : List.of(Device.cpu(), OtherDevice.get())) {
      try (Model model = Model.newInstance("wrapped", device, Torch.ENGINE)) {
        DecoderSpec spec = TestDecoders.spec(draft -> draft.vocabularySize = TinyModel.VOCABULARY);
        model.setBlock(TestDecoders.random(model.getNDManager(), spec, 42));
        LoadOptions options = LoadOptions.builder().device(device).decodingBytes(1 << 20).build();
        try (TrainableCausalLm wrapped =
            CausalLms.wrap(model, new NoTokenizer(), Signature.ids(10), options)) {
          generated.add(wrapped.generate(sequences, Decoding.greedy(2)));
          likelihoods.add(ExtractionLikelihood.of(2).measure(wrapped, sequences).value());
          OtherDevice.assertThatAllIsOnDeviceOf(model.getNDManager());
        }
      }
    }
    assertThat(generated.get(1)).containsExactlyElementsOf(generated.get(0));
    assertThat(likelihoods.get(1)).isEqualTo(likelihoods.get(0));
  }
}
