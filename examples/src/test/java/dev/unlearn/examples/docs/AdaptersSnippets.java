package dev.unlearn.examples.docs;

import dev.unlearn.CausalLms;
import dev.unlearn.Unlearner;
import dev.unlearn.adapter.Adapter;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.adapter.TrainedWeights;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;

final class AdaptersSnippets {
  private AdaptersSnippets() {}

  static ForgetReport lora(Path folder, Unlearner unlearner, ForgetSet set, Path python, Path out) {
    try (TrainableCausalLm model = CausalLms.load(folder);
        Adapter adapter = Adapters.lora().rank(16).alpha(32).attach(model)) {
      ForgetReport report = unlearner.forget(model, set);
      if (report.succeeded()) {
        adapter.save(python); // for Python, or for Adapters.load
        adapter.merge(); // or: into the weights
        CausalLms.save(model, out);
      }
      return report;
    }
  }

  static ForgetReport upperLayers(
      TrainableCausalLm model, Unlearner unlearner, ForgetSet set, Path out) {
    try (TrainedWeights some = Adapters.trainOnly(model, "(.*\\.)?h\\.(10|11)\\.mlp\\..*")) {
      ForgetReport report = unlearner.forget(model, set);
      if (report.succeeded()) {
        CausalLms.save(model, out);
      }
      return report;
    }
  }
}
