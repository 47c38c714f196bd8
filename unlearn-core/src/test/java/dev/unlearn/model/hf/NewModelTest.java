package dev.unlearn.model.hf;

import static dev.unlearn.model.hf.ModelFolder.scores;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Values;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models with random weights. */
@Tag("engine")
final class NewModelTest {
  static final String TOKENIZER =
      """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
       "normalizer": null, "post_processor": null, "decoder": {"type": "Fuse"},
       "pre_tokenizer":
         {"type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": false},
       "model": {"type": "WordLevel", "vocab": {"<unk>": 0, "a": 1, "b": 2}, "unk_token": "<unk>"}}
      """;

  @TempDir Path temporary;

  @Test
  void create_sameSeedSameWeights() throws IOException {
    String config = Files.readString(GoldenFolder.of("gpt_neo").resolve("config.json"));
    try (TrainableCausalLm first = CausalLms.create(config, TOKENIZER, 1);
        TrainableCausalLm same = CausalLms.create(config, TOKENIZER, 1);
        TrainableCausalLm other = CausalLms.create(config, TOKENIZER, 2)) {
      assertThat(WeightsDigest.of(same)).isEqualTo(WeightsDigest.of(first));
      assertThat(WeightsDigest.of(other)).isNotEqualTo(WeightsDigest.of(first));
      assertThat(scores(same)).isEqualTo(scores(first));
    }
  }

  /** 0.02 is the configuration's initializer_range. */
  @Test
  void create_normalMatricesUnitNormsZeroOffsets() throws IOException {
    String config = Files.readString(GoldenFolder.of("gpt2").resolve("config.json"));
    try (TrainableCausalLm model = CausalLms.create(config, TOKENIZER, 1)) {
      assertThat(model.info().family()).isEqualTo("gpt2");
      assertThat(model.info().parameterCount()).isEqualTo(30_624);
      model
          .parameters()
          .forEach(
              (name, array) -> {
                double[] values = Values.of(array);
                if (name.endsWith(".bias")) {
                  assertThat(values).as(name).containsOnly(0);
                } else if (array.getShape().dimension() == 1) {
                  assertThat(values).as(name).containsOnly(1);
                } else {
                  double squares = Arrays.stream(values).map(v -> v * v).average().getAsDouble();
                  assertThat(Math.sqrt(squares)).as(name).isBetween(0.018, 0.022);
                }
              });
    }
  }

  @Test
  void create_savedAndLoaded() throws IOException {
    String config = Files.readString(GoldenFolder.of("gpt_neo").resolve("config.json"));
    Path target = temporary.resolve("saved");
    try (TrainableCausalLm model = CausalLms.create(config, TOKENIZER, 1)) {
      CausalLms.save(model, target);
      try (TrainableCausalLm loaded = CausalLms.load(target)) {
        assertThat(WeightsDigest.of(loaded)).isEqualTo(WeightsDigest.of(model));
        assertThat(loaded.tokenizer().encode("abba"))
            .isEqualTo(model.tokenizer().encode("abba"))
            .isEqualTo(TokenSequence.of(1, 2, 2, 1));
      }
    }

    assertThat(target.resolve("config.json")).hasContent(config);
    ModelFolder saved = new ModelFolder(target);
    assertThat(saved.weights().metadata()).isEqualTo(Map.of("format", "pt"));
    assertThat(saved.tensors().keySet())
        .containsExactlyInAnyOrderElementsOf(
            new ModelFolder(GoldenFolder.of("gpt_neo")).tensors().keySet());
  }

  @Test
  void create_badConfig() {
    assertThatThrownBy(() -> CausalLms.create("{\"model_type\": \"gpt2\"}", TOKENIZER, 1))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("config.json: n_embd is missing");
  }
}
