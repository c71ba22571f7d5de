//! Merkle paths over Poseidon2: that many leaves are in one tree.

mod common;

use clap::Parser;
use common::{Common, Outcome, run};
use kernelwise_core::field::{AdditiveGroup, Fr};
use kernelwise_core::program::Range;
use kernelwise_language::kernels::{merkle, poseidon2};
use kernelwise_language::{BIT, CircuitKernel, Context, KernelError};

/// Proves Merkle paths and verifies the proof.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    /// Levels of the tree.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=32))]
    depth: u32,
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    let (instances, depth) = (arguments.common.instances, arguments.depth as usize);
    if instances as u64 > 1 << depth {
        return Err(format!("a tree of depth {depth} has no {instances} leaves").into());
    }
    let kernel = merkle::path(depth)?;
    arguments.common.inspect(&kernel);
    let leaves: Vec<Fr> = (0..instances as u64)
        .map(|i| Fr::from(i * 131 + 7))
        .collect();
    let tree = Tree::new(&leaves, depth)?;
    let paths = 0..instances;
    let siblings: Vec<Fr> = paths.clone().flat_map(|leaf| tree.siblings(leaf)).collect();
    let directions: Vec<i64> = paths
        .flat_map(|leaf| (0..depth).map(move |level| (leaf >> level & 1) as i64))
        .collect();
    let mut context = Context::new();
    let leaf = context.upload("leaf", &[instances], Range::FIELD, leaves)?;
    let siblings = context.upload("siblings", &[instances, depth], Range::FIELD, siblings)?;
    let directions = context.upload("directions", &[instances, depth], BIT, directions)?;
    let root = context.launch(&kernel, &[instances], [leaf, siblings, directions])?[0];
    context.download("root", root)?;
    let program = context.compile()?;
    run(kernel.name(), &arguments.common, &program, |outputs| {
        let roots = outputs.first().map(|roots| roots.to_field());
        match roots.filter(|roots| roots.iter().all(|root| *root == tree.root())) {
            Some(roots) if roots.len() == instances => Ok(()),
            _ => Err("a root differs from the tree's".into()),
        }
    })
}

/// A tree whose leaves are some, then zeros: of each level the nodes above the former, then the one that all others equal.
struct Tree(Vec<Vec<Fr>>);

impl Tree {
    fn new(leaves: &[Fr], depth: usize) -> Result<Self, KernelError> {
        let compression = poseidon2::compression()?;
        let mut levels = vec![[leaves, &[Fr::ZERO]].concat()];
        for level in 0..depth {
            levels.push(parents(&compression, &levels[level])?);
        }
        Ok(Self(levels))
    }

    fn siblings(&self, leaf: usize) -> impl Iterator<Item = Fr> + '_ {
        let levels = self.0.iter().take(self.0.len() - 1).enumerate();
        levels.map(move |(level, nodes)| {
            let index = (leaf >> level ^ 1).min(nodes.len() - 1);
            nodes[index]
        })
    }

    fn root(&self) -> Fr {
        self.0[self.0.len() - 1][0]
    }
}

/// The level above, by the compression in the clear.
fn parents(compression: &CircuitKernel, nodes: &[Fr]) -> Result<Vec<Fr>, KernelError> {
    let Some((&empty, used)) = nodes.split_last() else {
        return Ok(Vec::new());
    };
    let pairs = used
        .chunks(2)
        .map(|pair| [pair[0], pair.get(1).copied().unwrap_or(empty)]);
    pairs
        .chain([[empty, empty]])
        .map(|[left, right]| Ok(compression.run(&[vec![left], vec![right]])?[0][0]))
        .collect()
}
