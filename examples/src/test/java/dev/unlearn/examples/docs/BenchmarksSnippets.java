package dev.unlearn.examples.docs;

import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.task.Benchmark;
import dev.unlearn.eval.task.Task;
import dev.unlearn.eval.task.TaskResult;
import dev.unlearn.eval.task.TaskSuite;
import dev.unlearn.spi.CausalLm;
import java.nio.file.Path;
import java.util.List;

final class BenchmarksSnippets {
  private BenchmarksSnippets() {}

  static List<Measurement> beforeAndAfter(CausalLm model, Path arcEasy, Runnable forgetting) {
    Task task = Benchmark.ARC_EASY.load(arcEasy);
    TaskSuite suite = TaskSuite.builder().task(task).limit(200).startToken(50256).build();
    List<TaskResult> before = suite.run(model);
    forgetting.run();
    List<TaskResult> after = suite.run(model);
    return TaskResult.compare(before.get(0), after.get(0), 0.95);
  }
}
