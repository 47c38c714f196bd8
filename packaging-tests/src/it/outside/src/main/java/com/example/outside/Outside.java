package com.example.outside;

import dev.unlearn.CausalLms;
import dev.unlearn.Unlearner;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.Outcome;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.util.List;

/** Makes a tiny GPT-Neo with random weights forget two numbers. */
public final class Outside {
  static final double LIMIT = 5;

  private static final String CONFIG =
      """
      {
        "model_type": "gpt_neo",
        "architectures": ["GPTNeoForCausalLM"],
        "vocab_size": 11,
        "hidden_size": 16,
        "num_layers": 2,
        "num_heads": 4,
        "max_position_embeddings": 16,
        "attention_types": [[["global", "local"], 1]],
        "window_size": 8,
        "activation_function": "gelu_new",
        "bos_token_id": 0,
        "eos_token_id": 0,
        "dtype": "float32"
      }
      """;

  private static final String TOKENIZER =
      """
      {
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [],
        "normalizer": null,
        "pre_tokenizer": {
          "type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": false
        },
        "post_processor": null,
        "decoder": {"type": "Fuse"},
        "model": {
          "type": "WordLevel",
          "vocab": {
            "<unk>": 0, "0": 1, "1": 2, "2": 3, "3": 4, "4": 5, "5": 6, "6": 7, "7": 8, "8": 9, "9": 10
          },
          "unk_token": "<unk>"
        }
      }
      """;

  private Outside() {}

  /** Exits with 0 only if the numbers are forgotten. */
  public static void main(String[] args) {
    ForgetReport report = forget();
    System.out.println(report.outcome() + ": " + report.reason());
    System.exit(report.outcome() == Outcome.FORGOTTEN ? 0 : 1);
  }

  static ForgetReport forget() {
    Unlearner unlearner =
        Unlearner.builder()
            .optimizer(Optimizers.adam(1e-2))
            .stopWhen(new LossAbove(LIMIT).or(StoppingCriteria.maxEpochs(50)))
            .build();
    try (TrainableCausalLm model = CausalLms.create(CONFIG, TOKENIZER, 42)) {
      List<String> numbers = List.of("4055893226", "9137700464");
      return unlearner.forget(model, ForgetSet.of(model.tokenizer().sequences(numbers)));
    }
  }
}
