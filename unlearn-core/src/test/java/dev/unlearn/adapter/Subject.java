package dev.unlearn.adapter;

import ai.djl.ndarray.NDArray;
import dev.unlearn.TinyModel;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Tiny models whose linear layers lie in different ways. */
enum Subject {
  /** Matrices of shape (inputs, outputs); queries, keys and values fused. */
  GPT2(
      """
      "model_type": "gpt2", "n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 32,
      """,
      "c_attn mlp.c_proj"),
  /** No biases beside queries, keys and values. */
  GPT_NEO(
      """
      "model_type": "gpt_neo", "hidden_size": 16, "num_layers": 2, "num_heads": 2,
      "max_position_embeddings": 32, "window_size": 4,
      "attention_types": [[["global", "local"], 1]],
      """,
      "q_proj k_proj c_fc"),
  /** Biases everywhere, and projections around the blocks. */
  OPT(
      """
      "model_type": "opt", "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
      "max_position_embeddings": 32, "ffn_dim": 24, "word_embed_proj_dim": 8,
      "activation_function": "gelu",
      """,
      "v_proj out_proj project_in project_out fc2"),
  /** Fewer heads of keys and values, gated, and a head of its own. */
  LLAMA(
      """
      "model_type": "llama", "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4,
      "num_key_value_heads": 2, "max_position_embeddings": 32, "intermediate_size": 24,
      "tie_word_embeddings": false,
      """,
      "q_proj k_proj gate_proj lm_head"),
  /** Query, key and value of each head side by side. */
  NEOX(
      """
      "model_type": "gpt_neox", "hidden_size": 16, "num_hidden_layers": 2,
      "num_attention_heads": 2, "max_position_embeddings": 32, "intermediate_size": 24,
      """,
      "query_key_value dense_4h_to_h");

  static final List<TokenSequence> SEQUENCES = TinyModel.random(3, 30, 12);

  private final String config;
  private final String targets;

  Subject(String config, String targets) {
    this.config = config;
    this.targets = targets;
  }

  List<String> targets() {
    return List.of(targets.split(" ", -1));
  }

  TrainableCausalLm open() {
    return TinyModel.create(
        "{%s \"vocab_size\": %d, \"initializer_range\": 0.2}"
            .formatted(config, TinyModel.VOCABULARY),
        1);
  }

  /** Returns an adapter of rank 3 whose scale is 2. */
  Adapter attach(TrainableCausalLm model) {
    return Adapters.lora().rank(3).alpha(6).targets(targets()).seed(5).attach(model);
  }

  /** Teaches sequences, so that an adapter is not zero any more. */
  static void train(TrainableCausalLm model) {
    try (Updates updates =
        new Updates(model, Objectives.gradientDescent(), Optimizers.adam(2e-2), 4096)) {
      for (int step = 0; step < 5; step++) {
        updates.update(SEQUENCES);
      }
    }
  }

  /** Returns the values of all parameters. */
  static Map<String, float[]> values(Map<String, NDArray> parameters) {
    Map<String, float[]> values = new LinkedHashMap<>();
    parameters.forEach((name, array) -> values.put(name, array.toFloatArray()));
    return values;
  }

  /** Returns the log-probability of every token, as scoring, which packs matrices, has it. */
  static double[] logProbabilities(TrainableCausalLm model) {
    return model.score(SEQUENCES).stream()
        .flatMapToDouble(
            scores ->
                IntStream.range(1, scores.sequence().length()).mapToDouble(scores::logProbability))
        .toArray();
  }
}
