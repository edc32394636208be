//! The sources of a history's choices.

/// Chooses the events at the points of a history.
pub enum Choices {
    /// A random history with this number as its seed.
    Drawn(u64),
    /// Every history in turn: the choices made so far, each with the number of its alternatives.
    Walk {
        path: Vec<(usize, usize)>,
        at: usize,
    },
}

impl Choices {
    /// The first history of a walk.
    pub fn walk() -> Self {
        Self::Walk {
            path: Vec::new(),
            at: 0,
        }
    }

    /// Chooses one of this number of alternatives. A random choice prefers the first if it is `usual`.
    pub fn choose(&mut self, count: usize, usual: bool) -> usize {
        match self {
            Self::Drawn(state) => {
                // SplitMix64: histories with numbers that follow each other have little in common.
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut bits = *state;
                bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                bits ^= bits >> 31;
                if usual && bits & 3 != 0 {
                    return 0;
                }
                (bits >> 8) as usize % count
            }
            Self::Walk { path, at } => {
                if *at == path.len() {
                    path.push((0, count));
                }
                *at += 1;
                path[*at - 1].0
            }
        }
    }

    /// Continues with the next history of a walk, if there is one.
    pub fn next(&mut self) -> bool {
        let Self::Walk { path, at } = self else {
            return false;
        };
        *at = 0;
        while let Some((chosen, count)) = path.pop() {
            if chosen + 1 < count {
                path.push((chosen + 1, count));
                return true;
            }
        }
        false
    }
}
