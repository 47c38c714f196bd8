package dev.unlearn.model.hf;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.api.UnlearningException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A {@code config.json} of numbers and types no model has: refused by a sentence, as any other. */
final class HostileConfigTest {
  @ParameterizedTest
  @CsvSource({
    "n_embd,1000000000",
    "n_layer,2000000000",
    "layer_norm_epsilon,0",
    "layer_norm_epsilon,-1",
    "layer_norm_epsilon,1e-300"
  })
  void gpt2_valueOutOfRange(String key, String json) {
    assertRefused(
        """
        {"model_type": "gpt2", "vocab_size": 97, "n_positions": 64, "n_embd": 32, "n_head": 4,
         "n_layer": 2}
        """,
        key,
        json);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "attention_layers|[null, \"global\"]",
        "attention_layers|[{}, \"global\"]",
        "attention_layers|[\"dense\", \"global\"]",
        "attention_layers|[\"global\"]",
        "hidden_size|1000000000"
      })
  void gptNeo_valueOutOfRange(String key, String json) {
    assertRefused(
        """
        {"model_type": "gpt_neo", "vocab_size": 97, "max_position_embeddings": 64,
         "hidden_size": 32, "num_heads": 4, "num_layers": 2,
         "attention_layers": ["global", "local"]}
        """,
        key,
        json);
  }

  private static void assertRefused(String config, String key, String json) {
    JsonObject changed = JsonParser.parseString(config).getAsJsonObject();
    changed.add(key, JsonParser.parseString(json));
    HfConfig parsed = HfConfig.parse("config.json", changed.toString());

    assertThatThrownBy(() -> Families.of(parsed).spec(parsed))
        .isInstanceOf(UnlearningException.class)
        .hasMessageStartingWith("config.json: " + key + " must be ");
  }
}
