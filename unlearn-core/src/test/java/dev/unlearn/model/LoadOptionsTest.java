package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.TestDecoders;
import dev.unlearn.spi.Decoding;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LoadOptionsTest {
  private static final DecoderSpec SPEC = TestDecoders.spec(draft -> draft.contextLength = 26);

  @Test
  void decodingBytes_emptyByDefault() {
    assertThat(LoadOptions.defaults().decodingBytes()).isEmpty();
    assertThat(LoadOptions.builder().build()).isEqualTo(LoadOptions.defaults());
  }

  @Test
  void decodingBytes_given() {
    assertThat(LoadOptions.builder().decodingBytes(1).build().decodingBytes()).hasValue(1);
  }

  @Test
  void precision_float32ByDefault() {
    assertThat(LoadOptions.defaults().precision()).isEqualTo(Precision.FLOAT32);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE})
  void decodingBytes_notPositive(long bytes) {
    LoadOptions.Builder builder = LoadOptions.builder().decodingBytes(bytes);

    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("decodingBytes must be > 0, but was: %d", bytes);
  }

  @Tag("engine")
  @Test
  void decodingBytes_generateOneRowAtATime() {
    List<TokenSequence> prompts = TestSequences.random(1, 13, 3, 1, 7, 10);

    assertOneRowAtATime(
        model -> model.generate(prompts, Decoding.greedy(12)),
        rows -> assertThat(rows).containsExactly(1, 1, 1, 1));
  }

  @Tag("engine")
  @Test
  void decodingBytes_continueGreedilyOneRowAtATime() {
    List<TokenSequence> sequences = TestSequences.random(2, 13, 9, 1, 26, 7);
    List<int[]> prefixes = BruteForce.allPrefixes(sequences);

    assertOneRowAtATime(
        model ->
            model.continueGreedily(sequences, prefixes).stream()
                .flatMap(of -> of.prefixLengths().stream().map(of::after))
                .toList(),
        rows -> assertThat(rows).hasSizeGreaterThan(20).containsOnly(1));
  }

  static Stream<Device> missing() {
    return Stream.of(
        Device.gpu(64), Device.of("gpu", -1), Device.of("quantum", 0), Device.of("mps", 7));
  }

  @Tag("engine")
  @ParameterizedTest
  @MethodSource("missing")
  void device_notThere(Device device) {
    LoadOptions options = LoadOptions.builder().device(device).build();
    String expected =
        "device must be one that PyTorch can use, but was: %s; GPUs that it can use: %d"
            .formatted(device, Engine.getEngine(Torch.ENGINE).getGpuCount());
    Path nothing = Path.of("no such file"); // so it is refused before anything is read
    List<ThrowingCallable> calls =
        List.of(
            () -> CausalLms.load(nothing, options),
            () -> CausalLms.loadTorchScript(nothing, new NoTokenizer(), options),
            () -> CausalLms.loadTorchScript(nothing, new NoTokenizer(), Signature.ids(8), options),
            () -> CausalLms.create("no configuration", "no tokenizer", 1, options));

    for (ThrowingCallable call : calls) {
      assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(expected);
    }
  }

  @Tag("engine")
  @Test
  void device_notThatOfAWrappedModel() {
    LoadOptions options = LoadOptions.builder().device(Device.gpu(1)).build();
    try (Model model = Model.newInstance("wrapped", Device.cpu(), Torch.ENGINE)) {
      assertThatThrownBy(() -> CausalLms.wrap(model, new NoTokenizer(), Signature.ids(8), options))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("device must be that of the wrapped model, cpu(), but was: gpu(1)");
    }
  }

  private static void assertOneRowAtATime(
      Function<DjlCausalLm, List<int[]>> decoding, Consumer<List<Integer>> rowsOfBatches) {
    List<int[]> expected;
    try (TestNetwork network = TestNetwork.keeping(SPEC);
        DjlCausalLm model = network.model()) {
      expected = decoding.apply(model);
      assertThat(network.branchRows).hasSize(1);
    }
    try (TestNetwork network = TestNetwork.keeping(SPEC);
        DjlCausalLm model = network.model(LoadOptions.builder().decodingBytes(1).build())) {
      assertThat(decoding.apply(model)).containsExactlyElementsOf(expected);
      rowsOfBatches.accept(network.branchRows);
    }
  }
}
