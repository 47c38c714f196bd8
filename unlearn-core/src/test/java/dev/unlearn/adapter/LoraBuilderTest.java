package dev.unlearn.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.CausalLms;
import dev.unlearn.TinyModel;
import dev.unlearn.model.NoTokenizer;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("engine")
final class LoraBuilderTest {

  @Test
  void rank_notPositive() {
    assertThatThrownBy(() -> Adapters.lora().rank(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rank must be > 0, but was: 0");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
  void alpha_outOfRange(double alpha) {
    assertThatThrownBy(() -> Adapters.lora().alpha(alpha))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("alpha must be finite and > 0, but was: " + alpha);
  }

  @Test
  void targets_noRegularExpression() {
    assertThatThrownBy(() -> Adapters.lora().targets("(q_proj"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("targets must be a regular expression, but was: (q_proj (Unclosed group)");
  }

  @Test
  void targets_empty() {
    assertThatThrownBy(() -> Adapters.lora().targets(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("targets must name a module, but were empty");
  }

  @Test
  void option_setTwice() {
    assertThatThrownBy(() -> Adapters.lora().targets(".*").targets(List.of("q_proj")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("targets was already set");
  }

  /** A name is a whole path or its end after a dot, a pattern is for the whole path: as in PEFT. */
  @ParameterizedTest
  @CsvSource({
    "mlp.c_fc, transformer.h.0.mlp.c_fc transformer.h.1.mlp.c_fc",
    "transformer.h.1.attn.c_attn, transformer.h.1.attn.c_attn",
  })
  void targets_byName(String name, String paths) {
    try (TrainableCausalLm model = TinyModel.gpt2(1);
        Adapter adapter = Adapters.lora().targets(List.of(name)).attach(model)) {
      assertThat(String.join(" ", adapter.modules())).isEqualTo(paths);
    }
  }

  @Test
  void targets_byPattern() {
    try (TrainableCausalLm model = TinyModel.gpt2(1);
        Adapter adapter = Adapters.lora().targets(".*\\.1\\..*c_(fc|attn)").attach(model)) {
      assertThat(adapter.modules())
          .containsExactly("transformer.h.1.attn.c_attn", "transformer.h.1.mlp.c_fc");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GPT2, attn.c_attn",
    "GPT_NEO, attn.attention.q_proj attn.attention.v_proj",
    "OPT, self_attn.q_proj self_attn.v_proj",
    "LLAMA, self_attn.q_proj self_attn.v_proj",
    "NEOX, attention.query_key_value"
  })
  void targets_byDefault(Subject subject, String kinds) {
    try (TrainableCausalLm model = subject.open();
        Adapter adapter = Adapters.lora().attach(model)) {
      assertThat(adapter.modules())
          .hasSize(2 * kinds.split(" ", -1).length)
          .allMatch(path -> List.of(kinds.split(" ", -1)).stream().anyMatch(path::endsWith));
      assertThat(model.parameters().values())
          .first()
          .extracting(a -> a.getShape().get(0))
          .isEqualTo(8L);
    }
  }

  /** The end of a name is not enough, nor is a part of the path for a pattern. */
  @ParameterizedTest
  @ValueSource(strings = {"attn", "fc", "h.0.attn.c_att"})
  void attach_noTarget(String target) {
    String has =
        "; the model has: transformer.h.*.attn.c_attn, transformer.h.*.attn.c_proj,"
            + " transformer.h.*.mlp.c_fc, transformer.h.*.mlp.c_proj";
    try (TrainableCausalLm model = TinyModel.gpt2(1)) {
      Map<String, ?> before = model.parameters();
      assertThatThrownBy(() -> Adapters.lora().targets(List.of(target)).attach(model))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("targets must match a linear layer, but were: [" + target + "]" + has);
      assertThatThrownBy(() -> Adapters.lora().targets(target).attach(model))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("targets must match a linear layer, but were: " + target + has);
      assertThat(model.parameters()).isSameAs(before);
    }
  }

  /** A head that is the embedding's matrix cannot be adapted: it could not be merged. */
  @Test
  void attach_tiedHead() {
    try (TrainableCausalLm model = TinyModel.gptNeo(1)) {
      assertThatThrownBy(() -> Adapters.lora().targets(List.of("lm_head")).attach(model))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("targets must match a linear layer, but were: [lm_head]");
    }
  }

  @Test
  void attach_torchScript() throws URISyntaxException {
    Path file = Path.of(LoraBuilderTest.class.getResource("/torchscript/ids.pt").toURI());
    try (TrainableCausalLm model =
        CausalLms.loadTorchScript(file, new NoTokenizer(), TinyModel.ON_CPU)) {
      assertThatThrownBy(() -> Adapters.lora().attach(model))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "model must be loaded from a HuggingFace folder or made by create to take an adapter,"
                  + " but is: torchscript");
    }
  }

  @Test
  void attach_second() {
    try (TrainableCausalLm model = TinyModel.gpt2(1)) {
      try (Adapter first = Adapters.lora().attach(model)) {
        Map<String, ?> before = model.parameters();
        String message =
            "a model can have one adapter or one choice of trained weights at a time; close the"
                + " one it has";
        assertThatThrownBy(() -> Adapters.lora().attach(model))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage(message);
        assertThatThrownBy(() -> Adapters.trainOnly(model, ".*B.*"))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage(message);
        assertThat(model.parameters()).isSameAs(before);
        first.merge();
        try (TrainedWeights others = Adapters.trainOnly(model, ".*ln_f.*")) {
          assertThatThrownBy(first::unmerge)
              .isInstanceOf(IllegalStateException.class)
              .hasMessage(message);
          assertThat(others.names()).hasSize(2);
        }
        assertThat(first.isMerged()).isTrue();
      }
    }
  }

  @Test
  void mergeAndUnmerge_outOfTurn() {
    try (TrainableCausalLm model = TinyModel.gpt2(1)) {
      Adapter adapter = Adapters.lora().attach(model);
      assertThatThrownBy(adapter::unmerge)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the adapter is not merged");
      adapter.merge();
      assertThatThrownBy(adapter::merge)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the adapter is merged already");
      adapter.close();
      adapter.close();
      assertThatThrownBy(adapter::unmerge)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the adapter is closed");
    }
  }

  @Test
  void close_afterTheModel() {
    TrainableCausalLm model = TinyModel.gpt2(1);
    Adapter adapter = Adapters.lora().attach(model);
    TrainableCausalLm other = TinyModel.gpt2(1);
    Adapter merged = Adapters.lora().attach(other);
    merged.merge();
    model.close();
    other.close();

    adapter.close();
    merged.close();

    assertThatThrownBy(model::parameters).hasMessage("the model is closed");
  }

  /** Saving would write the weights without the adapter, and what is forgotten would be back. */
  @Test
  void save_modelWithAnAdapter(@TempDir Path folder) {
    Path target = folder.resolve("model");
    try (TrainableCausalLm model = TinyModel.gpt2(1);
        Adapter adapter = Adapters.lora().attach(model)) {
      String message =
          "a model with an adapter cannot be saved as it is: merge the adapter into the weights"
              + " (Adapter.merge), or close it first";
      assertThatThrownBy(() -> CausalLms.checkSavable(model, target))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(message);
      assertThatThrownBy(() -> CausalLms.save(model, target))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(message);
      assertThat(target).doesNotExist();

      Subject.train(model);
      adapter.merge();
      CausalLms.save(model, target);

      try (TrainableCausalLm loaded = CausalLms.load(target)) {
        assertThat(Subject.logProbabilities(loaded)).isEqualTo(Subject.logProbabilities(model));
      }
    }
  }
}
